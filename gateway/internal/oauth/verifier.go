package oauth

import (
	"context"
	"encoding/base64"
	"encoding/json"
	"errors"
	"log/slog"
	"strings"
	"time"

	"github.com/go-jose/go-jose/v4"

	"github.com/va-gateway/terraform-provider-va/gateway/internal/telemetry"
)

// maxToken is above the longest token this gateway makes, in bytes.
const maxToken = 4096

// Verifier checks access tokens of this gateway, from memory.
type Verifier struct {
	Issuer      string // VA_PUBLIC_URL
	Keys        *Keys
	Revocations *Revocations
	Clients     Clients
	Metrics     *telemetry.Metrics
	Log         *slog.Logger
}

// Verify checks a token for one channel, whose id is the audience, and one
// scope. Errors: *RefusedError.
func (v *Verifier) Verify(ctx context.Context, token, audience, scope string) (Claims, error) {
	c, err := v.verify(token, audience, scope)
	var refused *RefusedError
	if errors.As(err, &refused) {
		v.Metrics.TokensRefused.WithLabelValues(string(refused.Class)).Inc()
		v.Log.DebugContext(ctx, "access token refused",
			telemetry.KeyChannel, audience, telemetry.KeyReason, string(refused.Class))
	}
	return c, err
}

func (v *Verifier) verify(token, audience, scope string) (Claims, error) {
	now := time.Now()
	c, err := v.read(token, now)
	if err != nil {
		return Claims{}, err
	}
	client, known := v.Clients.Client(c.ClientID)
	var class Class
	switch {
	case c.Audience != audience:
		class = ClassAudience
	case now.Before(time.Unix(c.NotBefore, 0).Add(-leeway)):
		class = ClassNotYet
	case !now.Before(c.expires()):
		class = ClassExpired
	case v.Revocations.has(c.ID):
		class = ClassRevoked
	case !known || !client.Enabled || client.ChannelID != audience:
		class = ClassClient
	case !c.Has(scope):
		class = ClassScope
	default:
		return c, nil
	}
	return Claims{}, &RefusedError{class}
}

// read checks everything that does not depend on what the token is used for:
// form, key, signature, issuer. The header is checked before the library sees
// the token, so that no header member can ask it for anything.
func (v *Verifier) read(token string, now time.Time) (Claims, error) {
	if len(token) > maxToken {
		return Claims{}, &RefusedError{ClassSize}
	}
	h, class := readHeader(token)
	if class != "" {
		return Claims{}, &RefusedError{class}
	}
	public, ok := v.Keys.find(h.KeyID, now)
	if !ok {
		return Claims{}, &RefusedError{ClassKey}
	}
	jws, err := jose.ParseSignedCompact(token, []jose.SignatureAlgorithm{algorithm})
	if err != nil {
		return Claims{}, &RefusedError{ClassMalformed}
	}
	payload, err := jws.Verify(public)
	if err != nil {
		return Claims{}, &RefusedError{ClassSignature}
	}
	var c Claims
	if decodeExact(payload, claimNames, &c) != nil || c.Subject != c.ClientID || c.ID == "" {
		return Claims{}, &RefusedError{ClassClaims}
	}
	if c.Issuer != v.Issuer {
		return Claims{}, &RefusedError{ClassIssuer}
	}
	return c, nil
}

func readHeader(token string) (header, Class) {
	var h header
	encoded, rest, ok := strings.Cut(token, ".")
	if !ok || strings.Count(rest, ".") != 1 {
		return h, ClassMalformed
	}
	data, err := base64.RawURLEncoding.Strict().DecodeString(encoded)
	if err != nil {
		return h, ClassMalformed
	}
	var named struct {
		Algorithm any `json:"alg"`
		Type      any `json:"typ"`
	}
	switch {
	case json.Unmarshal(data, &named) != nil:
		return h, ClassMalformed
	case named.Algorithm != string(algorithm):
		return h, ClassAlgorithm
	case named.Type != tokenType:
		return h, ClassType
	case decodeExact(data, headerNames, &h) != nil:
		return h, ClassHeader
	}
	return h, ""
}
