package signature

import (
	"crypto/hmac"
	"crypto/rand"
	"crypto/sha256"
	"slices"
	"strings"
	"time"

	"github.com/dunglas/httpsfv"
)

// The window of created: the vendor's own verifier takes 10 s of age and 3 s
// ahead, and every call fails where a clock is a little off.
const (
	MaxAge   = 15 * time.Second
	MaxAhead = 5 * time.Second
	// MinNonce is the least length of a nonce in characters, as the vendor's
	// verifier has it.
	MinNonce = 22
)

const (
	algorithm = "hmac-sha256"
	// apiKey is the header field whose value must be keyid.
	apiKey = "x-api-key"
)

// Required lists what must be signed at least.
var Required = []string{
	target, authority, "audiohook-organization-id", "audiohook-session-id", "audiohook-correlation-id", apiKey,
}

// Signed is what a good signature says.
type Signed struct {
	APIKey  string
	Nonce   string
	Created time.Time
}

// Verifier checks signatures. Fill the exported fields; it is safe for
// concurrent use once it is in use.
type Verifier struct {
	// Authorities are what the client may have signed as the authority; see
	// the function of that name. Without any it is the Host of the request,
	// which a server behind a proxy must not rely on.
	Authorities []string
	// Secrets gives the secrets that are valid for an API key, none if it is
	// unknown.
	Secrets func(apiKey string) [][]byte
}

// decoy is compared with where there is no secret, so that an unknown key takes
// as long as a known one.
var decoy = func() []byte {
	b := make([]byte, sha256.Size)
	_, _ = rand.Read(b) // never fails, see package crypto/rand
	return b
}()

// Verify checks the signature of a request. Whether the nonce was used before
// is for the caller to know. The error is a *RefusedError.
func (v *Verifier) Verify(r Request, now time.Time) (Signed, error) {
	c, err := read(r.Header)
	if err != nil {
		return Signed{}, err
	}
	for _, name := range Required {
		if !slices.Contains(c.components, name) {
			return Signed{}, refused(ReasonMissing)
		}
	}
	p, err := c.parse()
	if err != nil {
		return Signed{}, err
	}
	key, err := r.resolve(apiKey, "")
	if err != nil {
		return Signed{}, err
	}
	if key != p.keyID {
		return Signed{}, refused(ReasonKeyID)
	}
	if err := v.authenticate(c, r, p.keyID); err != nil {
		return Signed{}, err
	}
	// Last, so that a wrong clock is told of clients only whose key is right.
	if err := p.inTime(now); err != nil {
		return Signed{}, err
	}
	return Signed{APIKey: p.keyID, Nonce: p.nonce, Created: time.Unix(p.created, 0)}, nil
}

// authenticate compares the signature with what each secret of the key makes of
// each authority.
func (v *Verifier) authenticate(c claim, r Request, keyID string) error {
	if len(c.signature) != sha256.Size {
		return refused(ReasonLength)
	}
	authorities := v.Authorities
	if len(authorities) == 0 {
		authorities = []string{hostAuthority(r.Host)}
	}
	secrets := v.Secrets(keyID)
	result := ReasonMismatch
	if len(secrets) == 0 {
		secrets, result = [][]byte{decoy}, ReasonUnknownKey
	}
	good := false
	for _, as := range authorities {
		base, err := c.base(r, as)
		if err != nil {
			return err
		}
		for _, secret := range secrets {
			if len(secret) == 0 {
				secret, result = decoy, ReasonEmptySecret
			}
			if hmac.Equal(mac(secret, base), c.signature) {
				good = true
			}
		}
	}
	if !good || result == ReasonUnknownKey {
		return refused(result)
	}
	return nil
}

func mac(secret []byte, base string) []byte {
	h := hmac.New(sha256.New, secret)
	_, _ = h.Write([]byte(base)) // a hash never fails
	return h.Sum(nil)
}

// hostAuthority is a Host as a signer writes it: lower case, without the
// default port.
func hostAuthority(host string) string { return strings.TrimSuffix(strings.ToLower(host), ":443") }

// parameters are those of a signature, of the right types.
type parameters struct {
	keyID, nonce     string
	created, expires int64
	expiring         bool
}

func (c claim) parse() (p parameters, err error) {
	for _, name := range c.parameters.Names() {
		switch name {
		case "keyid", "nonce", "alg", "created", "expires":
		default:
			return p, refused(ReasonParameter)
		}
	}
	alg, hasAlg, err := text(c.parameters, "alg")
	if err != nil {
		return p, err
	}
	keyID, hasKeyID, err := text(c.parameters, "keyid")
	if err != nil {
		return p, err
	}
	nonce, hasNonce, err := text(c.parameters, "nonce")
	if err != nil {
		return p, err
	}
	created, hasCreated, err := seconds(c.parameters, "created")
	if err != nil {
		return p, err
	}
	if p.expires, p.expiring, err = seconds(c.parameters, "expires"); err != nil {
		return p, err
	}
	p.keyID, p.nonce, p.created = keyID, nonce, created
	switch {
	case hasAlg && alg != algorithm:
		return p, refused(ReasonAlgorithm)
	case !hasKeyID:
		return p, refused(ReasonKeyID)
	case !hasNonce:
		return p, refused(ReasonNoNonce)
	case len(nonce) < MinNonce:
		return p, refused(ReasonShortNonce)
	case !hasCreated:
		return p, refused(ReasonNoCreated)
	}
	return p, nil
}

func text(p *httpsfv.Params, name string) (value string, ok bool, err error) {
	v, ok := p.Get(name)
	if !ok {
		return "", false, nil
	}
	if value, ok = v.(string); !ok {
		return "", false, refused(ReasonType)
	}
	return value, true, nil
}

func seconds(p *httpsfv.Params, name string) (value int64, ok bool, err error) {
	v, ok := p.Get(name)
	if !ok {
		return 0, false, nil
	}
	if value, ok = v.(int64); !ok || value < 0 {
		return 0, false, refused(ReasonType)
	}
	return value, true, nil
}

// inTime checks the window; the clocks are compared in whole seconds.
func (p parameters) inTime(now time.Time) error {
	offset := time.Duration(p.created-now.Unix()) * time.Second
	switch {
	case offset < -MaxAge:
		return &RefusedError{Reason: ReasonTooOld, Offset: offset}
	case offset > MaxAhead:
		return &RefusedError{Reason: ReasonTooNew, Offset: offset}
	case p.expiring && p.expires <= now.Unix():
		return &RefusedError{Reason: ReasonExpired, Offset: offset}
	}
	return nil
}
