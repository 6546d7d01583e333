package api_test

import (
	"encoding/json"
	"errors"
	"fmt"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"
	"unicode"
	"unicode/utf8"

	"github.com/stretchr/testify/require"

	"github.com/va-gateway/terraform-provider-va/gateway/api"
)

// refused gives the error of an answer.
func refused(t *testing.T, status int, contentType, body string) error {
	t.Helper()
	c := served(t, 0, func(w http.ResponseWriter, _ *http.Request) {
		w.Header().Set("Content-Type", contentType)
		w.WriteHeader(status)
		_, _ = w.Write([]byte(body))
	})
	err := c.Get(t.Context(), "/v1/x", nil)
	require.Equal(t, status, api.Status(err))
	return err
}

const problemType = "application/problem+json"

func TestProblemDecoding(t *testing.T) {
	t.Parallel()
	many := make([]api.ProblemField, 1000)
	for i := range many {
		many[i] = api.ProblemField{Location: strings.Repeat("l", 4000), Message: strings.Repeat("m", 4000)}
	}
	flood, err := json.Marshal(api.Problem{Title: "Many", Errors: many})
	require.NoError(t, err)
	tests := []struct {
		name, contentType, body string
		status                  int
		want                    string // the whole text, or "" for the bounds alone
	}{
		{"a problem", problemType, `{"title":"Conflict","detail":"taken"}`, 409, "409 Conflict: taken"},
		{"with parameters", problemType + "; charset=utf-8", `{"title":"T"}`, 409, "409 T"},
		{
			"broken rules", problemType,
			`{"title":"Unprocessable","errors":[{"location":"body.name","message":"too long"}]}`,
			422, "422 Unprocessable; body.name: too long",
		},
		{"the status is the answer's", problemType, `{"title":"Teapot","status":418}`, 404, "404 Teapot"},
		{"not a problem", "text/html", "<html>secret</html>", 500, "500 Internal Server Error"},
		{"plain JSON", "application/json", `{"title":"x","detail":"secret"}`, 500, "500 Internal Server Error"},
		{"empty", problemType, "", 500, "500 Internal Server Error"},
		{"no title", problemType, `{"detail":"x"}`, 500, "500 Internal Server Error"},
		{"null", problemType, "null", 500, "500 Internal Server Error"},
		{"a list", problemType, "[]", 500, "500 Internal Server Error"},
		{"wrong types", problemType, `{"title":7}`, 500, "500 Internal Server Error"},
		{"cut off", problemType, `{"title":"Cut`, 500, "500 Internal Server Error"},
		{"not UTF-8", problemType, "{\"title\":\"a\xffb\"}", 500, "500 a\ufffdb"},
		{"line breaks", problemType, `{"title":"a\r\nb","detail":"c\u0000\u001b[31md"}`, 500, "500 a  b: c  [31md"},
		{"reordered text", problemType, `{"title":"a\u202eb","detail":"c\u2028d"}`, 500, "500 a b: c d"},
		{"a long title", problemType, `{"title":"` + strings.Repeat("ü", 9000) + `"}`, 500, ""},
		{"a long detail", problemType, `{"title":"a","detail":"` + strings.Repeat("ü", 9000) + `"}`, 500, ""},
		{"a flood of rules", problemType, string(flood[:60000]), 422, "422 Unprocessable Entity"},
		{"deep nesting", problemType, strings.Repeat("[", 60000), 500, "500 Internal Server Error"},
		{"endless", problemType, `{"title":"` + strings.Repeat("a", 1<<20) + `"}`, 500, "500 Internal Server Error"},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			t.Parallel()
			text := refused(t, tt.status, tt.contentType, tt.body).Error()
			if tt.want != "" {
				require.Equal(t, tt.want, text)
			}
			require.Less(t, len(text), 2048)
		})
	}
}

func TestStatus(t *testing.T) {
	t.Parallel()
	require.Zero(t, api.Status(nil))
	require.Zero(t, api.Status(errors.New("no answer")))
	require.Equal(t, 404, api.Status(fmt.Errorf("read: %w", &api.Problem{Status: 404})))
	require.True(t, api.IsNotFound(&api.Problem{Status: 404}))
	require.False(t, api.IsNotFound(&api.Problem{Status: 410}))
}

// FuzzProblem: whatever a server answers, the error stays small and printable.
func FuzzProblem(f *testing.F) {
	f.Add(`{"title":"Conflict","detail":"taken"}`)
	f.Add(`{"title":"T","errors":[{"location":"body.a","message":"m"},{}],"status":-1}`)
	f.Add(`{"title":"a\u202e\n","detail":null,"errors":null}`)
	f.Add("\xff{}")
	var body string
	server := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) {
		w.Header().Set("Content-Type", problemType)
		w.WriteHeader(http.StatusConflict)
		_, _ = w.Write([]byte(body))
	}))
	f.Cleanup(server.Close)
	c, err := api.NewClient(api.ClientConfig{Endpoint: server.URL, Token: adminToken})
	require.NoError(f, err)
	f.Fuzz(func(t *testing.T, text string) {
		body = text
		err := c.Get(t.Context(), "/v1/x", nil)
		require.Equal(t, http.StatusConflict, api.Status(err))
		require.LessOrEqual(t, len(err.Error()), 54*1100)
		require.True(t, utf8.ValidString(err.Error()))
		require.False(t, strings.ContainsFunc(err.Error(), func(r rune) bool { return !unicode.IsPrint(r) }))
	})
}
