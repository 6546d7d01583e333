package digest

import (
	"fmt"
	"slices"
	"strconv"
	"strings"
)

// Algorithm of a response.
type Algorithm string

// Algorithms, the better one first. Peers of RFC 3261 alone know MD5 only.
const (
	SHA256 Algorithm = "SHA-256"
	MD5    Algorithm = "MD5"
)

// qop is the only protection that is offered and used: of the method and the
// address, since a proxy may change a body.
const qop = "auth"

// Challenge is a WWW-Authenticate or Proxy-Authenticate header.
type Challenge struct {
	Realm, Nonce, Opaque string
	Algorithm            Algorithm
	// Stale says that only the nonce was wrong.
	Stale bool
}

// String is the value of the header.
func (c Challenge) String() string {
	var w writer
	w.quoted("realm", c.Realm)
	w.quoted("nonce", c.Nonce)
	if c.Opaque != "" {
		w.quoted("opaque", c.Opaque)
	}
	if c.Stale {
		w.param("stale", "true")
	}
	w.param("algorithm", string(c.Algorithm))
	w.quoted("qop", qop)
	return w.String()
}

// ParseChallenge reads the value of a header. Errors: ErrMalformed, and others
// for challenges that Answer has no answer to.
func ParseChallenge(header string) (Challenge, error) {
	p, err := parse(header)
	if err != nil {
		return Challenge{}, err
	}
	c := Challenge{
		Realm: p["realm"], Nonce: p["nonce"], Opaque: p["opaque"], Stale: strings.EqualFold(p["stale"], "true"),
	}
	if c.Algorithm, err = algorithm(p); err != nil {
		return Challenge{}, err
	}
	offered := strings.FieldsFunc(strings.ToLower(p["qop"]), func(r rune) bool { return r == ',' || r == ' ' })
	if !slices.Contains(offered, qop) {
		return Challenge{}, fmt.Errorf("protection %q instead of %q", p["qop"], qop)
	}
	if c.Nonce == "" {
		return Challenge{}, ErrMalformed
	}
	return c, nil
}

// algorithm of a header; MD5 if it names none.
func algorithm(p params) (Algorithm, error) {
	name, named := p["algorithm"]
	for _, a := range []Algorithm{SHA256, MD5} {
		if strings.EqualFold(name, string(a)) {
			return a, nil
		}
	}
	if !named {
		return MD5, nil
	}
	return "", fmt.Errorf("algorithm %q is not known", name)
}

// Credentials is an Authorization or Proxy-Authorization header.
type Credentials struct {
	Username, Realm, Nonce, Opaque string
	URI                            string // as it is hashed
	CNonce                         string
	Algorithm                      Algorithm
	Count                          uint32 // of the uses of the nonce, from 1
	Response                       string // in hex
}

// String is the value of the header.
func (c *Credentials) String() string {
	var w writer
	w.quoted("username", c.Username)
	w.quoted("realm", c.Realm)
	w.quoted("nonce", c.Nonce)
	w.quoted("uri", c.URI)
	w.quoted("response", c.Response)
	w.param("algorithm", string(c.Algorithm))
	w.quoted("cnonce", c.CNonce)
	if c.Opaque != "" {
		w.quoted("opaque", c.Opaque)
	}
	w.param("qop", qop)
	w.param("nc", c.count())
	return w.String()
}

// ParseCredentials reads the value of a header. Errors: ErrMalformed, and
// others for what was not offered.
func ParseCredentials(header string) (*Credentials, error) {
	p, err := parse(header)
	if err != nil {
		return nil, err
	}
	c := &Credentials{
		Username: p["username"], Realm: p["realm"], Nonce: p["nonce"], Opaque: p["opaque"], URI: p["uri"],
		CNonce: p["cnonce"], Response: p["response"],
	}
	if c.Algorithm, err = algorithm(p); err != nil {
		return nil, err
	}
	if !strings.EqualFold(p["qop"], qop) {
		return nil, fmt.Errorf("protection %q instead of %q", p["qop"], qop)
	}
	n, err := strconv.ParseUint(p["nc"], 16, 32)
	if err != nil || n == 0 || len(p["nc"]) != 8 || c.CNonce == "" || c.Nonce == "" || c.URI == "" {
		return nil, ErrMalformed
	}
	c.Count = uint32(n)
	return c, nil
}

func (c *Credentials) count() string { return fmt.Sprintf("%08x", c.Count) }
