package mediastream_test

import (
	"crypto/hmac"
	"crypto/sha1"
	"encoding/base64"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"
)

// sign is the vendor's rule, written again:
// https://www.twilio.com/docs/usage/security#validating-requests.
func sign(t testing.TB, key, url string) string {
	t.Helper()
	mac := hmac.New(sha1.New, []byte(key))
	_, _ = mac.Write([]byte(url))
	return base64.StdEncoding.EncodeToString(mac.Sum(nil))
}

// newRefusing gives the URL of a server that upgrades nothing.
func newRefusing(t testing.TB, status int) string {
	t.Helper()
	s := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) { w.WriteHeader(status) }))
	t.Cleanup(s.Close)
	return "ws" + strings.TrimPrefix(s.URL, "http")
}
