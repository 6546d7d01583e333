package secret

import (
	"crypto/hmac"
	"crypto/sha256"
)

// index gives HMAC-SHA-256(key, kind ‖ 0x00 ‖ presented), 32 bytes: a presented
// secret is found by it, and a copy of the database alone allows no guess.
func index(key []byte, kind, presented string) []byte {
	mac := hmac.New(sha256.New, key)
	mac.Write([]byte(kind))
	mac.Write([]byte{0})
	mac.Write([]byte(presented))
	return mac.Sum(nil)
}

// hashToken gives HMAC-SHA-256(key, presented), 32 bytes. Tokens hold no zero
// byte, so no token has the hash of an index entry.
func hashToken(key []byte, presented string) []byte {
	mac := hmac.New(sha256.New, key)
	mac.Write([]byte(presented))
	return mac.Sum(nil)
}
