package phone

import (
	"context"
	"errors"

	"github.com/emiago/sipgo/sip"

	"github.com/va-gateway/terraform-provider-va/gateway/internal/protocol/sipua/internal/digest"
	"github.com/va-gateway/terraform-provider-va/gateway/internal/secret"
)

// Digest is who the phone is when it is asked (RFC 3261 section 22).
type Digest struct {
	Username string
	Password secret.Value
}

// request sends an INVITE; when it is challenged, again with credentials, and
// once more if the nonce had become stale meanwhile.
func (p *Call) request(ctx context.Context, offer []byte) (*sip.Response, error) {
	var proof sip.Header
	for attempt := 0; ; attempt++ {
		r := p.build(sip.INVITE, offer)
		for _, h := range p.Headers {
			r.AppendHeader(sip.NewHeader(h.Name, h.Value))
		}
		if proof != nil {
			r.AppendHeader(proof)
		}
		res, err := p.send(ctx, r)
		if err != nil || p.Digest.Username == "" {
			return res, err
		}
		ch, answer, err := challenge(res)
		if err != nil || attempt > 1 || attempt == 1 && !ch.Stale {
			return res, nil
		}
		proof = sip.NewHeader(answer,
			digest.Answer(ch, string(sip.INVITE), r.Recipient.String(), p.Digest.Username, p.Digest.Password, 1).String())
	}
}

var errNoChallenge = errors.New("no challenge that can be answered")

// challenge finds the first challenge of a response that can be answered, and
// the header its answer goes into.
func challenge(res *sip.Response) (ch digest.Challenge, answer string, err error) {
	name := ""
	switch res.StatusCode {
	case sip.StatusUnauthorized:
		name, answer = "www-authenticate", "Authorization"
	case sip.StatusProxyAuthRequired:
		name, answer = "proxy-authenticate", "Proxy-Authorization"
	default:
		return ch, "", errNoChallenge
	}
	for _, h := range res.GetHeaders(name) {
		if ch, err = digest.ParseChallenge(h.Value()); err == nil {
			return ch, answer, nil
		}
	}
	return ch, "", errNoChallenge
}
