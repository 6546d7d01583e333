package sdes

import (
	"crypto/rand"
	"crypto/subtle"
	"encoding/base64"
	"fmt"
	"log/slog"

	"github.com/pion/srtp/v3"
)

// replayWindow is how many packets late one may come, RFC 3711 section 3.3.2
// (64 at least).
const replayWindow = 128

// Key is a suite with the master key and salt of one direction. It prints as
// its suite.
type Key struct {
	suite  Suite
	secret []byte // master key, then salt
}

// NewKey makes a key from the system's source of randomness.
func NewKey(s Suite) Key {
	k := Key{suite: s, secret: make([]byte, suites[s].key+suites[s].salt)}
	_, _ = rand.Read(k.secret) // never fails, crypto/rand
	return k
}

// Suite is the key's suite; none for the zero Key.
func (k Key) Suite() Suite { return k.suite }

// Equal compares in constant time.
func (k Key) Equal(other Key) bool {
	return k.suite == other.suite && subtle.ConstantTimeCompare(k.secret, other.secret) == 1
}

// String hides the secret.
func (k Key) String() string { return k.suite.String() }

// Format hides the secret from every verb.
func (k Key) Format(f fmt.State, _ rune) { _, _ = fmt.Fprint(f, k.suite.String()) }

// LogValue hides the secret.
func (k Key) LogValue() slog.Value { return slog.StringValue(k.suite.String()) }

// inline is the key as key-info of an attribute.
func (k Key) inline() string { return base64.StdEncoding.EncodeToString(k.secret) }

// Context makes the cipher of one direction. RTP and RTCP need one each, since
// a Context belongs to one goroutine.
func (k Key) Context() (*srtp.Context, error) {
	if k.suite == 0 {
		return nil, fmt.Errorf("srtp: no key")
	}
	s := suites[k.suite]
	c, err := srtp.CreateContext(k.secret[:s.key], k.secret[s.key:], s.profile,
		srtp.SRTPReplayProtection(replayWindow), srtp.SRTCPReplayProtection(replayWindow))
	if err != nil {
		return nil, fmt.Errorf("srtp context of %s: %w", k.suite, err)
	}
	return c, nil
}
