package genesysaudioconnector

import (
	"context"
	"encoding/base64"
	"errors"
	"fmt"
	"math/rand/v2"
	"net/url"
	"time"

	"github.com/va-gateway/terraform-provider-va/gateway/api"
	"github.com/va-gateway/terraform-provider-va/gateway/internal/channel"
	"github.com/va-gateway/terraform-provider-va/gateway/internal/protocol/audiohook/signature"
)

const (
	// nonceScope is the scope of nonces, each together with its API key.
	nonceScope = "audiohook"
	// nonceKept is how long a nonce is remembered: longer than a signature is
	// good, which is the sum of signature.MaxAge and MaxAhead.
	nonceKept = 30 * time.Second
	// maxHesitation is the longest that a refusal is held back.
	maxHesitation = 100 * time.Millisecond
)

// authenticate checks the signature and gives whose credentials made it. A
// refusal without a reason is none.
func (h *handler) authenticate(k knock) (owner string, refusal channel.Refusal) {
	base, err := url.Parse(h.g.Endpoints().PublicURL)
	if err != nil {
		return "", channel.Refusal{Reason: reasonFailed} // refused at start
	}
	v := signature.Verifier{Authorities: signature.Authorities(base.Scheme, base.Host), Secrets: h.secrets}
	signed, err := v.Verify(signature.Of(k.Request), h.g.Now())
	var bad *signature.RefusedError
	if errors.As(err, &bad) {
		return "", channel.Refusal{Reason: string(bad.Reason), Detail: detail(bad, v.Authorities[0]), Auth: true}
	}
	first, err := h.g.Once(k.Context(), nonceScope, signed.APIKey+"\x00"+signed.Nonce, nonceKept)
	if err != nil || !first {
		return "", channel.Refusal{
			Reason: string(signature.ReasonReplay), Auth: true, Detail: "a signed request is good for one connection",
		}
	}
	presented, ok := h.g.Presented(api.KindGenesysAudioConnector, keySecret, signed.APIKey)
	if !ok { // it ran out just now
		return "", channel.Refusal{Reason: string(signature.ReasonUnknownKey), Auth: true}
	}
	return presented.OwnerID, channel.Refusal{}
}

// secrets gives the client secret that goes with an API key, as bytes.
func (h *handler) secrets(apiKey string) [][]byte {
	p, ok := h.g.Presented(api.KindGenesysAudioConnector, keySecret, apiKey)
	if !ok {
		return nil
	}
	secret, err := base64.StdEncoding.DecodeString(p.Secret(clientSecret).Reveal())
	if err != nil {
		return [][]byte{nil} // never equal; generated ones are base64
	}
	return [][]byte{secret}
}

// detail says what was expected, for operators.
func detail(e *signature.RefusedError, authority string) string {
	if e.Clock() {
		behind := "ahead of"
		if e.Offset < 0 {
			behind = "behind"
		}
		return fmt.Sprintf("the time of the signature is %d s %s this gateway's clock; it may be %d s behind and %d s ahead",
			int(e.Offset.Abs().Seconds()), behind, int(signature.MaxAge.Seconds()), int(signature.MaxAhead.Seconds()))
	}
	switch e.Reason {
	case signature.ReasonUnknownKey:
		return "the API key is not, or not any more, that of a channel; is it that of another integration?"
	case signature.ReasonMismatch:
		return "expected a signature with the client secret that goes with the API key, for the authority " + authority
	case signature.ReasonUnsigned:
		return "expected the header fields Signature-Input and Signature; the integration has no client secret"
	}
	return "the signature is not of the form that Genesys Cloud sends"
}

// hesitate holds a refusal back for a random time: what the check took, and so
// what it found, is lost in it.
func (h *handler) hesitate(ctx context.Context) {
	timer := time.NewTimer(rand.N(maxHesitation)) //nolint:gosec // only has to be uneven
	defer timer.Stop()
	select {
	case <-timer.C:
	case <-ctx.Done():
	}
}
