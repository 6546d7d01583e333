package digest

import (
	"crypto/md5" //nolint:gosec // what old peers know
	"crypto/rand"
	"crypto/sha256"
	"crypto/subtle"
	"encoding/hex"
	"strings"

	"github.com/va-gateway/terraform-provider-va/gateway/internal/secret"
)

// Proves reports whether the credentials are those of a user with one of the
// passwords, for a request with the method. It takes the same time whichever
// is right, and for a wrong name.
func (c *Credentials) Proves(method, username string, passwords []secret.Value) bool {
	right := 0
	presented := []byte(strings.ToLower(c.Response))
	for _, p := range passwords {
		if !p.IsZero() {
			right |= subtle.ConstantTimeCompare([]byte(c.response(method, p)), presented)
		}
	}
	// By their hashes, which are equally long.
	name, want := sha256.Sum256([]byte(c.Username)), sha256.Sum256([]byte(username))
	return right&subtle.ConstantTimeCompare(name[:], want[:]) == 1
}

// Answer answers a challenge to a request, whose Request-URI is uri, for the
// count-th time.
func Answer(ch Challenge, method, uri, username string, password secret.Value, count uint32) *Credentials {
	c := &Credentials{
		Username: username, Realm: ch.Realm, Nonce: ch.Nonce, Opaque: ch.Opaque, URI: uri, CNonce: rand.Text(),
		Algorithm: ch.Algorithm, Count: count,
	}
	c.Response = c.response(method, password)
	return c
}

// response is RFC 7616 section 3.4.1.
func (c *Credentials) response(method string, password secret.Value) string {
	a1 := c.Algorithm.sum(c.Username, c.Realm, password.Reveal())
	a2 := c.Algorithm.sum(method, c.URI)
	return c.Algorithm.sum(a1, c.Nonce, c.count(), c.CNonce, qop, a2)
}

func (a Algorithm) sum(parts ...string) string {
	data := []byte(strings.Join(parts, ":"))
	if a == MD5 {
		sum := md5.Sum(data) //nolint:gosec // what old peers know
		return hex.EncodeToString(sum[:])
	}
	sum := sha256.Sum256(data)
	return hex.EncodeToString(sum[:])
}
