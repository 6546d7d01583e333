package oauth_test

import (
	"crypto"
	"crypto/ecdsa"
	"crypto/hmac"
	"crypto/rand"
	"crypto/sha256"
	"crypto/x509"
	"encoding/base64"
	"encoding/json"
	"fmt"
	"maps"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/va-gateway/terraform-provider-va/gateway/internal/channel"
	"github.com/va-gateway/terraform-provider-va/gateway/internal/oauth"
)

// object is a JSON object that a case changes.
type object map[string]any

func (o object) with(pairs ...any) object {
	o = maps.Clone(o)
	for i := 0; i < len(pairs); i += 2 {
		name := pairs[i].(string) //nolint:forcetypeassert // written below
		if pairs[i+1] == nil {
			delete(o, name)
			continue
		}
		o[name] = pairs[i+1]
	}
	return o
}

func (o object) json(t testing.TB) string {
	t.Helper()
	b, err := json.Marshal(o)
	require.NoError(t, err)
	return string(b)
}

func b64(b []byte) string { return base64.RawURLEncoding.EncodeToString(b) }

// forger signs whatever a test wants with the gateway's own key.
type forger struct {
	t      testing.TB
	key    *ecdsa.PrivateKey
	kid    string
	header object
	claims object
}

func newForger(t testing.TB, n *node) *forger {
	t.Helper()
	rows, err := n.Keys.Store.SigningKeys(t.Context())
	require.NoError(t, err)
	row := rows[len(rows)-1]
	der, err := n.keyring.Open(row.Sealed, oauth.SigningKeyAAD(row.KID))
	require.NoError(t, err)
	parsed, err := x509.ParsePKCS8PrivateKey([]byte(der.Reveal()))
	require.NoError(t, err)
	require.IsType(t, &ecdsa.PrivateKey{}, parsed)
	now := time.Now().Unix()
	return &forger{
		t: t, key: parsed.(*ecdsa.PrivateKey), kid: row.KID, //nolint:forcetypeassert // see above
		header: object{"alg": "ES256", "typ": "at+jwt", "kid": row.KID},
		claims: object{
			"iss": issuer, "sub": clientID, "aud": chanID, "client_id": clientID, "scope": "context:write",
			"iat": now, "nbf": now, "exp": now + 600, "jti": "forged-1",
		},
	}
}

// signed gives a token with a right signature over these texts.
func (f *forger) signed(header, claims string) string {
	f.t.Helper()
	input := b64([]byte(header)) + "." + b64([]byte(claims))
	sum := sha256.Sum256([]byte(input))
	r, s, err := ecdsa.Sign(rand.Reader, f.key, sum[:])
	require.NoError(f.t, err)
	signature := make([]byte, 64)
	r.FillBytes(signature[:32])
	s.FillBytes(signature[32:])
	return input + "." + b64(signature)
}

// hmacSigned uses the public key, which everybody knows, as HMAC key.
func (f *forger) hmacSigned(key []byte) string {
	input := b64([]byte(f.header.with("alg", "HS256").json(f.t))) + "." + b64([]byte(f.claims.json(f.t)))
	mac := hmac.New(sha256.New, key)
	mac.Write([]byte(input))
	return input + "." + b64(mac.Sum(nil))
}

func (f *forger) public() crypto.PublicKey { return f.key.Public() }

// Threat 18: tokens that were tampered with, most of them signed with the
// gateway's own key, so that nothing but the named check can refuse them.
func TestThreat18AttacksOnTokens(t *testing.T) {
	t.Parallel()
	n := newRig(t)
	f := newForger(t, n)
	h, c := f.header, f.claims
	good := f.signed(h.json(t), c.json(t))
	now := time.Now().Unix()
	der, err := x509.MarshalPKIXPublicKey(f.public())
	require.NoError(t, err)
	raw, err := f.key.PublicKey.Bytes()
	require.NoError(t, err)
	head, text := h.json(t), c.json(t)
	// edited replaces a part of the claims' text.
	edited := func(old, replacement string) string {
		require.Contains(t, text, old)
		return f.signed(head, strings.Replace(text, old, replacement, 1))
	}
	unsigned := func(h object) string { return b64([]byte(h.json(t))) + "." + b64([]byte(c.json(t))) + "." }
	bySecondKey := func() string {
		other := newForger(t, newRig(t))
		return other.signed(h.json(t), c.json(t))
	}
	cases := []struct {
		name, token string
		class       oauth.Class
	}{
		{"none", unsigned(h.with("alg", "none")), oauth.ClassAlgorithm},
		{"none, in capitals", unsigned(h.with("alg", "NONE")), oauth.ClassAlgorithm},
		{"none, no key", unsigned(object{"alg": "none"}), oauth.ClassAlgorithm},
		{"ES256 without a signature", unsigned(h), oauth.ClassSignature},
		{"HS256 with the public key, DER", f.hmacSigned(der), oauth.ClassAlgorithm},
		{"HS256 with the public key, raw", f.hmacSigned(raw), oauth.ClassAlgorithm},
		{"ES384", f.signed(h.with("alg", "ES384").json(t), text), oauth.ClassAlgorithm},
		{"algorithm is a list", f.signed(h.with("alg", []string{"ES256"}).json(t), text), oauth.ClassAlgorithm},
		{"no algorithm", f.signed(h.with("alg", nil).json(t), text), oauth.ClassAlgorithm},
		{"no type", f.signed(h.with("typ", nil).json(t), text), oauth.ClassType},
		{"type JWT", f.signed(h.with("typ", "JWT").json(t), text), oauth.ClassType},
		{"no kid", f.signed(h.with("kid", nil).json(t), text), oauth.ClassHeader},
		{"unknown kid", f.signed(h.with("kid", "other").json(t), text), oauth.ClassKey},
		{"huge kid", f.signed(h.with("kid", strings.Repeat("k", 2000)).json(t), text), oauth.ClassKey},
		{"kid as path", f.signed(h.with("kid", "../../../dev/null").json(t), text), oauth.ClassKey},
		{"kid as SQL", f.signed(h.with("kid", "' OR 1=1 --").json(t), text), oauth.ClassKey},
		{"kid is a number", f.signed(h.with("kid", 1).json(t), text), oauth.ClassHeader},
		{"jku", f.signed(h.with("jku", "https://evil.example.com/k").json(t), text), oauth.ClassHeader},
		{"x5u", f.signed(h.with("x5u", "https://evil.example.com/c").json(t), text), oauth.ClassHeader},
		{"x5c", f.signed(h.with("x5c", []string{"AAAA"}).json(t), text), oauth.ClassHeader},
		{"jwk", f.signed(h.with("jwk", object{"kty": "EC"}).json(t), text), oauth.ClassHeader},
		{"crit", f.signed(h.with("crit", []string{"exp"}, "exp", 1).json(t), text), oauth.ClassHeader},
		{"b64", f.signed(h.with("b64", false, "crit", []string{"b64"}).json(t), text), oauth.ClassHeader},
		{"algorithm twice", f.signed(strings.Replace(head, `{`, `{"alg":"ES256",`, 1), text), oauth.ClassHeader},
		{"algorithm twice, none first", f.signed(strings.Replace(head, `{`, `{"alg":"none",`, 1), text), oauth.ClassHeader},
		{"header is a list", f.signed(`["ES256"]`, text), oauth.ClassMalformed},
		{"header goes on", f.signed(h.json(t)+"{}", text), oauth.ClassMalformed},
		{"another gateway's key", bySecondKey(), oauth.ClassSignature},
		{"claims changed", strings.Join([]string{
			strings.Split(good, ".")[0], b64([]byte(c.with("aud", "chn_2").json(t))), strings.Split(good, ".")[2],
		}, "."), oauth.ClassSignature},
		{"duplicate claim", edited(`"aud":`, `"aud":"chn_2","aud":`), oauth.ClassClaims},
		{"duplicate claim, escaped name", edited(`"aud":`, `"\u0061ud":"chn_2","aud":`), oauth.ClassClaims},
		{"claim in capitals", edited(`"aud":`, `"AUD":"chn_2","aud":`), oauth.ClassClaims},
		{"unknown claim", f.signed(head, c.with("admin", true).json(t)), oauth.ClassClaims},
		{"audience is a list", f.signed(head, c.with("aud", []string{chanID, "chn_2"}).json(t)), oauth.ClassClaims},
		{"expiry is a text", f.signed(head, c.with("exp", "9999999999").json(t)), oauth.ClassClaims},
		{"expiry is enormous", edited(`"exp":`, `"exp":1e300,"x":`), oauth.ClassClaims},
		{"no expiry", f.signed(head, c.with("exp", nil).json(t)), oauth.ClassClaims},
		{"expiry is null", edited(fmt.Sprintf(`"exp":%d`, now+600), `"exp":null`), oauth.ClassClaims},
		{"no jti", f.signed(head, c.with("jti", "").json(t)), oauth.ClassClaims},
		{"subject is another client", f.signed(head, c.with("sub", "client-2").json(t)), oauth.ClassClaims},
		{"wrong issuer", f.signed(head, c.with("iss", "https://evil.example.com").json(t)), oauth.ClassIssuer},
		{"issuer with a slash", f.signed(head, c.with("iss", issuer+"/").json(t)), oauth.ClassIssuer},
		{"another channel's", f.signed(head, c.with("aud", "chn_2").json(t)), oauth.ClassAudience},
		{"expired", f.signed(head, c.with("exp", now-31).json(t)), oauth.ClassExpired},
		{"not yet valid", f.signed(head, c.with("nbf", now+40).json(t)), oauth.ClassNotYet},
		{"another client on this channel", f.signed(
			head, c.with("sub", "client-2", "client_id", "client-2").json(t),
		), oauth.ClassClient},
		{"client is gone", f.signed(head, c.with("sub", "nobody", "client_id", "nobody").json(t)), oauth.ClassClient},
		{"other scope", f.signed(head, c.with("scope", "context:read").json(t)), oauth.ClassScope},
		{"part of a scope", f.signed(head, c.with("scope", "xcontext:write").json(t)), oauth.ClassScope},
		{"1 MB", f.signed(head, c.with("scope", strings.Repeat("x", 1<<20)).json(t)), oauth.ClassSize},
		{"1 MB of dots", strings.Repeat(".", 1<<20), oauth.ClassSize},
		{"empty", "", oauth.ClassMalformed},
		{"two parts", "a.b", oauth.ClassMalformed},
		{"five parts, as encrypted", "a.b.c.d.e", oauth.ClassMalformed},
		{"JSON serialization", `{"payload":"","signatures":[]}`, oauth.ClassMalformed},
		{"white space", " " + good, oauth.ClassMalformed},
		{"padded", strings.Replace(good, ".", "=.", 1), oauth.ClassMalformed},
	}
	want := map[oauth.Class]int{}
	for _, tc := range cases {
		want[tc.class]++
	}
	t.Run("attack", func(t *testing.T) {
		for _, tc := range cases {
			t.Run(tc.name, func(t *testing.T) {
				t.Parallel()
				c, err := n.Verify(t.Context(), tc.token, chanID, channel.ScopeContextWrite)
				requireClass(t, tc.class, err)
				require.Empty(t, c)
				require.NotContains(t, err.Error(), clientID)
			})
		}
	})
	for class, count := range want {
		require.Equal(t, count, n.counted(t, "va_tokens_refused_total", string(class)), class)
	}
	_, err = n.Verify(t.Context(), good, chanID, channel.ScopeContextWrite)
	require.NoError(t, err, "the token that the attacks were made of")
}

// SEC-08: a clock that is two minutes off is told apart from an attack; thirty
// seconds are forgiven.
func TestClocksThatDifferSEC08(t *testing.T) {
	t.Parallel()
	n := newRig(t)
	f := newForger(t, n)
	issuedAt := func(ago time.Duration) string {
		at := time.Now().Add(-ago).Unix()
		return f.signed(f.header.json(t), f.claims.with("iat", at, "nbf", at, "exp", at+600).json(t))
	}
	for _, tc := range []struct {
		name  string
		ago   time.Duration
		class oauth.Class
	}{
		{"now", 0, ""},
		{"issuer 25 s ahead", -25 * time.Second, ""},
		{"issuer 25 s behind, at the end", 10*time.Minute + 25*time.Second, ""},
		{"issuer 2 min ahead", -2 * time.Minute, oauth.ClassNotYet},
		{"issuer 2 min behind, at the end", 12 * time.Minute, oauth.ClassExpired},
	} {
		t.Run(tc.name, func(t *testing.T) {
			_, err := n.Verify(t.Context(), issuedAt(tc.ago), chanID, channel.ScopeContextWrite)
			if tc.class == "" {
				require.NoError(t, err)
				return
			}
			requireClass(t, tc.class, err)
			require.Equal(t, 1, n.counted(t, "va_tokens_refused_total", string(tc.class)))
		})
	}
}

func BenchmarkVerify(b *testing.B) {
	n := newRig(b)
	token := n.token(b)
	b.ReportAllocs()
	for b.Loop() {
		if _, err := n.Verify(b.Context(), token, chanID, channel.ScopeContextWrite); err != nil {
			b.Fatal(err)
		}
	}
}
