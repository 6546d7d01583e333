package twilio

import (
	"bufio"
	"encoding/json"
	"io"
	"net/http"
	"os"
	"strconv"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
	"github.com/gorilla/websocket"
	"github.com/stretchr/testify/require"

	"github.com/va-gateway/terraform-provider-va/gateway/internal/secret"
)

const vectorFile = "testdata/twilio-signature.json"

// vector is one entry of the signature vectors, described in
// testdata/twilio-signature.md.
type vector struct {
	ID     string
	Title  string
	Config struct {
		PublicBaseURL string   `json:"public_base_url"`
		AuthTokens    []string `json:"auth_tokens"`
	}
	Request struct {
		Method, Target string
		Headers        [][2]string
		Body           *string
	}
	SignedString string `json:"signed_string"`
	Expected     string
	Reason       string
}

func vectors(t testing.TB) []vector {
	t.Helper()
	data, err := os.ReadFile(vectorFile)
	require.NoError(t, err)
	var all []vector
	require.NoError(t, json.Unmarshal(data, &all))
	return all
}

// request parses the vector from the wire, as the server would.
func (v *vector) request(t testing.TB) (*http.Request, []byte) {
	t.Helper()
	var b strings.Builder
	b.WriteString(v.Request.Method + " " + v.Request.Target + " HTTP/1.1\r\n")
	for _, h := range v.Request.Headers {
		b.WriteString(h[0] + ": " + h[1] + "\r\n")
	}
	body := ""
	if v.Request.Body != nil {
		body = *v.Request.Body
		b.WriteString("Content-Length: " + strconv.Itoa(len(body)) + "\r\n")
	}
	b.WriteString("\r\n" + body)
	r, err := http.ReadRequest(bufio.NewReader(strings.NewReader(b.String())))
	require.NoError(t, err)
	read, err := io.ReadAll(r.Body)
	require.NoError(t, err)
	return r, read
}

func (v *vector) verify(t testing.TB) (reason string) {
	t.Helper()
	r, body := v.request(t)
	var tokens []secret.Value
	for _, token := range v.Config.AuthTokens {
		tokens = append(tokens, secret.New(token))
	}
	return verify(r, body, signedBases(v.Config.PublicBaseURL, websocket.IsWebSocketUpgrade(r)), tokens)
}

func testVectors(t *testing.T) {
	all := vectors(t)
	require.Len(t, all, 57)
	for _, v := range all {
		t.Run(v.ID+" "+v.Title, func(t *testing.T) {
			t.Parallel()
			reason := v.verify(t)
			require.Equal(t, v.Expected == "accept", reason == "", reason)
			if reason != "" {
				require.Equal(t, v.Reason, reason)
			}
			if v.SignedString != "" && v.Reason == "" {
				r, body := v.request(t)
				parameters, _ := signedParameters(r, body)
				bases := signedBases(v.Config.PublicBaseURL, websocket.IsWebSocketUpgrade(r))
				require.Equal(t, v.SignedString, bases[0]+r.RequestURI+parameters)
			}
		})
	}
}

func TestNoTokenMatchesNothing(t *testing.T) {
	t.Parallel()
	v := vectors(t)[0]
	v.Config.AuthTokens = nil
	require.Equal(t, reasonTokenEmpty, v.verify(t))
}

func TestSignedBases(t *testing.T) {
	t.Parallel()
	tests := []struct {
		name, url string
		upgrade   bool
		want      []string
	}{
		{"webhook", "https://h.example", false, []string{"https://h.example", "https://h.example:443"}},
		{"webhook with a port", "https://h.example:8443", false, []string{"https://h.example:8443", "https://h.example"}},
		{"webhook, http", "http://127.0.0.1:8080", false, []string{"http://127.0.0.1:8080", "http://127.0.0.1"}},
		{"webhook, IPv6", "http://[::1]:8080", false, []string{"http://[::1]:8080", "http://[::1]"}},
		{"webhook below a path", "https://h.example/va", false, []string{"https://h.example/va", "https://h.example:443/va"}},
		{"upgrade", "https://h.example", true, []string{
			"wss://h.example", "wss://h.example:443", "wss://h.example:80",
			"https://h.example", "https://h.example:443", "https://h.example:80",
		}},
		{"upgrade with a port", "https://h.example:8443", true, []string{
			"wss://h.example:8443", "wss://h.example", "wss://h.example:443", "wss://h.example:80",
			"https://h.example:8443", "https://h.example", "https://h.example:443", "https://h.example:80",
		}},
		{"upgrade, http", "http://127.0.0.1:8080", true, []string{
			"ws://127.0.0.1:8080", "ws://127.0.0.1", "ws://127.0.0.1:443", "ws://127.0.0.1:80",
			"http://127.0.0.1:8080", "http://127.0.0.1", "http://127.0.0.1:443", "http://127.0.0.1:80",
		}},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			t.Parallel()
			require.Empty(t, cmp.Diff(tt.want, signedBases(tt.url, tt.upgrade)))
		})
	}
}

// FuzzVerify: nothing but the vendor's signature is accepted, and nothing
// panics.
func FuzzVerify(f *testing.F) {
	f.Add("/x?bodySHA256=1", "application/json", "NBdBDr/T/lgjI+tlgpXjKZQZs/k=", "a=1&a=2")
	f.Add("/x", formType, "NBdBDr/T/lgjI+tlgpXjKZQZs/k=", "a=%zz;b")
	bases := signedBases("https://h.example", false)
	tokens := []secret.Value{secret.New(testToken)}
	f.Fuzz(func(t *testing.T, target, contentType, signature, body string) {
		r, err := http.NewRequestWithContext(t.Context(), http.MethodPost, "https://h.example/x", strings.NewReader(body))
		require.NoError(t, err)
		r.RequestURI = target
		r.Header.Set("Content-Type", contentType)
		r.Header.Set("X-Twilio-Signature", signature)
		require.NotEmpty(t, verify(r, []byte(body), bases, tokens))
	})
}
