package sipua

import (
	"github.com/emiago/sipgo/sip"

	"github.com/va-gateway/terraform-provider-va/gateway/internal/protocol/sipua/internal/digest"
	"github.com/va-gateway/terraform-provider-va/gateway/internal/protocol/sipua/trunk"
)

// authenticate asks for the digest credentials of a trunk that has some, before
// anything is kept of the call. Requests inside of its dialog are known by their
// tags and source.
func (s *Server) authenticate(t *trunk.Trunk, r *sip.Request) *Refusal {
	if t.Digest == nil {
		return nil
	}
	c, refusal := s.credentials(r)
	switch {
	case refusal != nil:
		return refusal
	case c == nil:
		return s.challenge(ReasonDigestMissing, "", false)
	case !c.Proves(string(r.Method), t.Digest.Username, t.Digest.Passwords):
		return s.challenge(ReasonDigestBad, "the digest credentials of the channel", false)
	}
	// The address that was hashed is not compared with the Request-URI, which
	// trunks rewrite: since each use of a nonce counts once, somebody in between
	// gains nothing but another number of the same channel.
	switch s.nonces.Use(c.Nonce, c.Count) {
	case digest.Fresh:
		return nil
	case digest.Replays:
		return s.challenge(ReasonDigestReplay, "a greater nc for this nonce", true)
	default:
		return s.challenge(ReasonDigestStale, "", true)
	}
}

// credentials are those for this realm, nil if there are none. Others are meant
// for proxies on the way.
func (s *Server) credentials(r *sip.Request) (*digest.Credentials, *Refusal) {
	var found *digest.Credentials
	for _, h := range r.GetHeaders("authorization") {
		c, err := digest.ParseCredentials(h.Value())
		switch {
		case err != nil || (found != nil && c.Realm == s.Host):
			return nil, &Refusal{
				Status: sip.StatusBadRequest, Reason: ReasonDigestMalformed,
				Detail: "one Digest Authorization with qop=auth, nc and cnonce",
			}
		case c.Realm == s.Host:
			found = c
		}
	}
	return found, nil
}

// challenge asks for credentials, by the better algorithm first (RFC 8760
// section 2.4).
func (s *Server) challenge(reason, detail string, stale bool) *Refusal {
	refusal := &Refusal{Status: sip.StatusUnauthorized, Reason: reason, Detail: detail}
	ch := digest.Challenge{Realm: s.Host, Nonce: s.nonces.Make(), Stale: stale}
	for _, ch.Algorithm = range []digest.Algorithm{digest.SHA256, digest.MD5} {
		refusal.headers = append(refusal.headers, sip.NewHeader("WWW-Authenticate", ch.String()))
	}
	return refusal
}
