package userbot

import (
	"crypto/rand"
	"crypto/sha256"
	"encoding/hex"
)

// SID makes an id that looks like the vendor's, two letters and 32 hexadecimal
// digits, always the same from the same source.
func SID(prefix, source string) string {
	sum := sha256.Sum256([]byte(prefix + source))
	return prefix + hex.EncodeToString(sum[:16])
}

// FreshSID makes one that was never used before.
func FreshSID(prefix string) string { return SID(prefix, rand.Text()) }
