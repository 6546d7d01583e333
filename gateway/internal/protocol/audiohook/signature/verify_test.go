package signature

import (
	"crypto/hmac"
	"encoding/base64"
	"encoding/json"
	"net/http"
	"os"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/require"
)

// vector is one entry of testdata/vectors.json; see the .md beside it.
type vector struct {
	ID, Title, Profile string
	Config             struct {
		Credentials []struct {
			APIKey       string `json:"api_key"`
			ClientSecret string `json:"client_secret"`
			NotAfter     *int64 `json:"not_after"`
		}
		PublicAuthorities []string `json:"public_authorities"`
	}
	Now        int64
	SeenNonces [][2]string `json:"seen_nonces"`
	Request    struct {
		Method, Target string
		Headers        [][2]string
	}
	SignatureBase string `json:"signature_base"`
	Expected      string
	Reason        Reason
}

func vectors(t testing.TB) []vector {
	t.Helper()
	data, err := os.ReadFile("testdata/vectors.json")
	require.NoError(t, err)
	var all []vector
	require.NoError(t, json.Unmarshal(data, &all))
	return all
}

// request is a vector's request as a server gets it.
func (v vector) request() Request {
	r := Request{Target: v.Request.Target, Header: http.Header{}}
	for _, h := range v.Request.Headers {
		if strings.EqualFold(h[0], "host") {
			r.Host = h[1]
			continue
		}
		r.Header.Add(h[0], h[1])
	}
	return r
}

func (v vector) secrets(t *testing.T, apiKey string) (secrets [][]byte) {
	t.Helper()
	for _, c := range v.Config.Credentials {
		if c.APIKey != apiKey || c.NotAfter != nil && *c.NotAfter <= v.Now {
			continue
		}
		secret, err := base64.StdEncoding.DecodeString(c.ClientSecret)
		require.NoError(t, err)
		secrets = append(secrets, secret)
	}
	return secrets
}

// TestVectors runs the 83 vectors; the reason is compared too, since operators
// read it.
func TestVectors(t *testing.T) {
	t.Parallel()
	all := vectors(t)
	require.Len(t, all, 83)
	for _, v := range all {
		t.Run("GA-01 "+v.ID+" "+v.Title, func(t *testing.T) {
			t.Parallel()
			if v.Profile == "http_signature_core" {
				testCore(t, v)
				return
			}
			verifier := Verifier{
				Authorities: v.Config.PublicAuthorities,
				Secrets:     func(key string) [][]byte { return v.secrets(t, key) },
			}
			signed, err := verifier.Verify(v.request(), time.Unix(v.Now, 0))
			for _, seen := range v.SeenNonces {
				if err == nil && seen == [2]string{signed.APIKey, signed.Nonce} {
					err = refused(ReasonReplay)
				}
			}
			if v.Expected == "accept" {
				require.NoError(t, err)
				return
			}
			var refusal *RefusedError
			require.ErrorAs(t, err, &refusal)
			require.Equal(t, v.Reason, refusal.Reason)
			require.Equal(t, refusal.Clock(), refusal.Offset != 0)
		})
	}
}

// testCore checks parsing, base string and HMAC alone.
func testCore(t *testing.T, v vector) {
	t.Helper()
	r := v.request()
	c, err := read(r.Header)
	require.NoError(t, err)
	base, err := c.base(r, hostAuthority(r.Host))
	require.NoError(t, err)
	require.Equal(t, v.SignatureBase, base)
	secrets := v.secrets(t, v.Config.Credentials[0].APIKey)
	require.True(t, hmac.Equal(mac(secrets[0], base), c.signature))
}

// The base string itself, for every request that is accepted.
func TestBaseStrings(t *testing.T) {
	t.Parallel()
	for _, v := range vectors(t) {
		if v.Expected != "accept" {
			continue
		}
		t.Run(v.ID, func(t *testing.T) {
			t.Parallel()
			r := v.request()
			c, err := read(r.Header)
			require.NoError(t, err)
			as := hostAuthority(r.Host)
			if len(v.Config.PublicAuthorities) > 0 {
				as = v.Config.PublicAuthorities[0]
			}
			base, err := c.base(r, as)
			require.NoError(t, err)
			require.Equal(t, v.SignatureBase, base)
		})
	}
}

func TestAuthorities(t *testing.T) {
	t.Parallel()
	for _, tt := range []struct {
		scheme, host string
		want         []string
	}{
		{"https", "gw.example.com", []string{"gw.example.com", "gw.example.com:443"}},
		{"https", "GW.example.com:443", []string{"gw.example.com", "gw.example.com:443"}},
		{"https", "gw.example.com:8443", []string{"gw.example.com:8443"}},
		{"http", "127.0.0.1:8080", []string{"127.0.0.1:8080"}},
		{"http", "localhost", []string{"localhost", "localhost:80"}},
		{"https", "[::1]", []string{"[::1]", "[::1]:443"}},
	} {
		t.Run(tt.scheme+" "+tt.host, func(t *testing.T) {
			t.Parallel()
			require.Equal(t, tt.want, Authorities(tt.scheme, tt.host))
		})
	}
}

func TestSign(t *testing.T) {
	t.Parallel()
	now := time.Unix(1_641_013_200, 0)
	secret := []byte("0123456789abcdef0123456789abcdef")
	sign := func(t *testing.T) Request {
		t.Helper()
		r := Request{Target: "/c/genesys_audio_connector/g//c?x=1", Host: "GW.example.com:443", Header: http.Header{
			"Audiohook-Organization-Id": {"d7934305-0972-4844-938e-9060eef73d05"},
			"Audiohook-Session-Id":      {"30b0e395-84d3-4570-ac13-9a62d8f514c0"},
			"Audiohook-Correlation-Id":  {"e160e428-53e2-487c-977d-96989bf5c99d"},
		}}
		require.NoError(t, Sign(r, "a-key", "0123456789abcdefghijkl", secret, now, time.Minute))
		return r
	}
	v := Verifier{
		Authorities: Authorities("https", "gw.example.com"),
		Secrets: func(key string) [][]byte {
			if key != "a-key" {
				return nil
			}
			return [][]byte{[]byte("another secret"), secret}
		},
	}
	signed, err := v.Verify(sign(t), now)
	require.NoError(t, err)
	require.Equal(t, Signed{APIKey: "a-key", Nonce: "0123456789abcdefghijkl", Created: now}, signed)

	var refusal *RefusedError
	_, err = v.Verify(sign(t), now.Add(17*time.Second))
	require.ErrorAs(t, err, &refusal)
	require.Equal(t, -17*time.Second, refusal.Offset)
	require.True(t, refusal.Clock())

	missing := Request{Target: "/", Host: "h", Header: http.Header{}}
	require.ErrorAs(t, Sign(missing, "k", "n", secret, now, time.Minute), &refusal)
	require.Equal(t, ReasonUnresolvable, refusal.Reason)
}

// Whatever strangers send must end in a refusal: without the secret nothing is
// accepted.
func FuzzVerify(f *testing.F) {
	for _, v := range vectors(f) {
		r := v.request()
		f.Add(strings.Join(r.Header.Values("Signature-Input"), ", "), strings.Join(r.Header.Values("Signature"), ", "))
	}
	v := Verifier{Secrets: func(string) [][]byte { return [][]byte{decoy} }}
	f.Fuzz(func(t *testing.T, input, signature string) {
		r := Request{Target: "/", Host: "h", Header: http.Header{
			"Audiohook-Organization-Id": {"o"}, "Audiohook-Session-Id": {"s"}, "Audiohook-Correlation-Id": {"c"},
			"X-Api-Key": {"SGVsbG8sIEkgYW0gdGhlIEFQSSBrZXkh"}, "Signature-Input": {input}, "Signature": {signature},
		}}
		_, err := v.Verify(r, time.Unix(1_641_013_202, 0))
		var refusal *RefusedError
		require.ErrorAs(t, err, &refusal)
	})
}

func BenchmarkVerify(b *testing.B) {
	v := vectors(b)[0]
	secret, err := base64.StdEncoding.DecodeString(v.Config.Credentials[0].ClientSecret)
	require.NoError(b, err)
	verifier := Verifier{Secrets: func(string) [][]byte { return [][]byte{secret} }}
	r, now := v.request(), time.Unix(v.Now, 0)
	b.ReportAllocs()
	for b.Loop() {
		if _, err := verifier.Verify(r, now); err != nil {
			b.Fatal(err)
		}
	}
}
