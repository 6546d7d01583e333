package secret

import (
	"crypto/rand"
	"encoding/base64"
	"strings"
)

// An admin token is vaa_<8 public characters>_<secret>; the secret is 32 random
// bytes, base64url without padding.
const (
	adminPrefix    = "vaa_"
	adminPublicLen = 8
)

var adminSecretLen = base64.RawURLEncoding.EncodedLen(keySize)

// NewAdminToken makes an admin token. public is its first part, vaa_ and eight
// characters: it finds the stored hash and names the token in the audit log.
func NewAdminToken() (public string, token Value) {
	public = adminPrefix + strings.ToLower(rand.Text()[:adminPublicLen])
	return public, New(public + "_" + Generate("").Reveal())
}

// AdminTokenPublic gives the public part of a presented admin token. ok is
// false when it does not have the form of one, as a bootstrap token of the
// operator's own choice has not.
func AdminTokenPublic(presented string) (public string, ok bool) {
	const publicLen = len(adminPrefix) + adminPublicLen
	if len(presented) != publicLen+1+adminSecretLen ||
		!strings.HasPrefix(presented, adminPrefix) || presented[publicLen] != '_' {
		return "", false
	}
	public = presented[:publicLen]
	for _, c := range []byte(public[len(adminPrefix):]) {
		if (c < 'a' || c > 'z') && (c < '0' || c > '9') {
			return "", false
		}
	}
	if _, err := base64.RawURLEncoding.DecodeString(presented[publicLen+1:]); err != nil {
		return "", false
	}
	return public, true
}
