package admin_test

import (
	"bytes"
	"encoding/json"
	"io"
	"net/http"
	"strings"
	"testing"

	"github.com/oklog/ulid/v2"
	"github.com/stretchr/testify/require"

	"github.com/va-gateway/terraform-provider-va/gateway/api"
	"github.com/va-gateway/terraform-provider-va/gateway/gatewaytest"
	"github.com/va-gateway/terraform-provider-va/gateway/internal/store/storetest/pgtest"
)

const plantedToken = "planted-twilio-token-0123456789abcdef"

// onBothStores runs a test against a gateway on SQLite and one on PostgreSQL.
func onBothStores(t *testing.T, test func(t *testing.T, g *gatewaytest.Gateway)) {
	t.Helper()
	t.Parallel()
	t.Run("sqlite", func(t *testing.T) {
		t.Parallel()
		test(t, gatewaytest.Start(t))
	})
	t.Run("postgres", func(t *testing.T) {
		t.Parallel()
		test(t, gatewaytest.Start(t, gatewaytest.WithPostgres(pgtest.DSN(t))))
	})
}

// request is one raw request, for what the client would not send.
type request struct {
	method, path, token, body string
	header                    map[string]string
}

type answer struct {
	status int
	header http.Header
	body   string
}

func send(t *testing.T, g *gatewaytest.Gateway, r request) answer {
	t.Helper()
	req, err := http.NewRequestWithContext(t.Context(), r.method, g.AdminURL+r.path, bytes.NewReader([]byte(r.body)))
	require.NoError(t, err)
	if r.token == "" {
		r.token = g.Token
	}
	req.Header.Set("Authorization", "Bearer "+r.token)
	if r.body != "" {
		req.Header.Set("Content-Type", "application/json")
	}
	for k, v := range r.header {
		req.Header.Set(k, v)
	}
	res, err := gatewaytest.HTTP.Do(req)
	require.NoError(t, err)
	defer res.Body.Close()
	body, err := io.ReadAll(res.Body)
	require.NoError(t, err)
	return answer{res.StatusCode, res.Header, string(body)}
}

func decode[T any](t *testing.T, a answer) T {
	t.Helper()
	var v T
	require.NoError(t, json.Unmarshal([]byte(a.body), &v), a.body)
	return v
}

func newAssistant(t *testing.T, g *gatewaytest.Gateway, name string) api.Assistant {
	t.Helper()
	var a api.Assistant
	require.NoError(t, g.Client.Post(t.Context(), "/v1/assistants", api.Assistant{Name: name}, &a,
		api.Write{Key: ulid.Make().String()}))
	return a
}

func newTwilio(t *testing.T, g *gatewaytest.Gateway, assistantID string) api.TwilioChannel {
	t.Helper()
	var c api.TwilioChannel
	require.NoError(t, g.Client.Post(t.Context(), "/v1/channels/twilio", api.TwilioChannel{
		Channel:             api.Channel{AssistantID: assistantID, ProviderApplication: "support"},
		AuthenticationToken: plantedToken,
	}, &c, api.Write{Key: ulid.Make().String()}))
	return c
}

func tokenWith(t *testing.T, g *gatewaytest.Gateway, scopes ...string) string {
	t.Helper()
	var k api.Token
	require.NoError(t, g.Client.Post(t.Context(), "/v1/tokens", api.Token{Name: "test", Scopes: scopes}, &k, api.Write{}))
	require.True(t, strings.HasPrefix(k.Secret, "vaa_"))
	return k.Secret
}

func TestAssistantLifecycle(t *testing.T) {
	onBothStores(t, func(t *testing.T, g *gatewaytest.Gateway) {
		key := ulid.Make().String()
		in := api.Assistant{
			Name: "Reception", Tags: []string{"b", "a"},
			Variables: map[string]string{"company": "Example"}, MaxCallDuration: 0,
		}
		var created api.Assistant
		require.NoError(t, g.Client.Post(t.Context(), "/v1/assistants", in, &created, api.Write{Key: key}))
		require.Equal(t, api.PrefixAssistant+key, created.ID)
		require.Equal(t, []string{"a", "b"}, created.Tags)
		require.Equal(t, "30m", created.MaxCallDuration.String())
		require.Equal(t, api.StatusInactive, created.Status)
		require.Equal(t, []string{"no enabled channel"}, created.StatusReasons)

		var again api.Assistant
		require.NoError(t, g.Client.Post(t.Context(), "/v1/assistants", in, &again, api.Write{Key: key}))
		require.Equal(t, created, again, "a repeated create gives the first answer")

		other := in
		other.Name = "Other"
		err := g.Client.Post(t.Context(), "/v1/assistants", other, nil, api.Write{Key: key})
		require.Equal(t, http.StatusConflict, api.Status(err), "same key, other body")

		err = g.Client.Post(t.Context(), "/v1/assistants", in, nil, api.Write{Key: ulid.Make().String()})
		require.ErrorContains(t, err, `body.name: another assistant is named "Reception"`)

		newTwilio(t, g, created.ID)
		var active api.Assistant
		require.NoError(t, g.Client.Get(t.Context(), "/v1/assistants/"+created.ID, &active))
		require.Equal(t, api.StatusActive, active.Status)
		require.Equal(t, created.Revision, active.Revision, "the ETag covers configuration only")

		err = g.Client.Delete(t.Context(), "/v1/assistants/"+created.ID, api.Write{IfMatch: "*"})
		require.ErrorContains(t, err, "the assistant still has channels: [chn_")
	})
}

func TestReplaceNeedsTheCurrentRevision(t *testing.T) {
	onBothStores(t, func(t *testing.T, g *gatewaytest.Gateway) {
		a := newAssistant(t, g, "one")
		etag := api.ETag(a.Revision)
		a.Description = "first"
		path := "/v1/assistants/" + a.ID
		write := api.Write{IfMatch: etag, Key: strings.Repeat("a", 32)}
		var first, repeated api.Assistant
		require.NoError(t, g.Client.Put(t.Context(), path, a, &first, write))
		require.NoError(t, g.Client.Put(t.Context(), path, a, &repeated, write),
			"the key is checked before If-Match: a lost answer is no conflict")
		require.Equal(t, first.Revision, repeated.Revision)

		a.Description = "second"
		err := g.Client.Put(t.Context(), path, a, nil, api.Write{IfMatch: etag})
		require.Equal(t, http.StatusPreconditionFailed, api.Status(err))
		require.ErrorContains(t, err, "changed by bootstrap at ")

		raw := send(t, g, request{method: http.MethodPut, path: path, body: `{"name":"one"}`})
		require.Equal(t, http.StatusPreconditionRequired, raw.status)
	})
}

func TestTombstones(t *testing.T) {
	onBothStores(t, func(t *testing.T, g *gatewaytest.Gateway) {
		key := ulid.Make().String()
		err := g.Client.Delete(t.Context(), "/v1/assistants/"+api.PrefixAssistant+key, api.Write{IfMatch: "*"})
		require.True(t, api.IsNotFound(err))
		err = g.Client.Post(t.Context(), "/v1/assistants", api.Assistant{Name: "late"}, nil, api.Write{Key: key})
		require.Equal(t, http.StatusGone, api.Status(err), "a create that comes after its delete")

		key = ulid.Make().String()
		write := api.Write{Key: key}
		require.NoError(t, g.Client.Post(t.Context(), "/v1/assistants", api.Assistant{Name: "short"}, nil, write))
		require.NoError(t, g.Client.Delete(t.Context(), "/v1/assistants/"+api.PrefixAssistant+key, api.Write{IfMatch: "*"}))
		err = g.Client.Post(t.Context(), "/v1/assistants", api.Assistant{Name: "short"}, nil, write)
		require.Equal(t, http.StatusGone, api.Status(err), "a repeated create after the delete")
	})
}

func TestDryRunChangesNothing(t *testing.T) {
	onBothStores(t, func(t *testing.T, g *gatewaytest.Gateway) {
		reader := tokenWith(t, g, api.ScopeAssistantsRead)
		body := `{"name":"dry"}`
		a := send(t, g, request{method: http.MethodPost, path: "/v1/assistants?dry_run=true", token: reader, body: body})
		require.Equal(t, http.StatusCreated, a.status, a.body)
		a = send(t, g, request{method: http.MethodPost, path: "/v1/assistants", token: reader, body: body})
		require.Equal(t, http.StatusForbidden, a.status)
		all, err := api.List[api.Assistant](t.Context(), g.Client, "/v1/assistants")
		require.NoError(t, err)
		require.Empty(t, all)
	})
}

// LIB-05, STY-07: no answer repeats a secret, whatever is wrong with it.
func TestErrorsNeverRepeatSecretsLIB05STY07(t *testing.T) {
	t.Parallel()
	g := gatewaytest.Start(t)
	a := newAssistant(t, g, "one")
	for _, tc := range []struct{ name, token string }{
		{"short", "hunter2"},
		{"long", strings.Repeat("hunter2", 100)},
		{"space", "hunter2 " + strings.Repeat("x", 40)},
	} {
		t.Run(tc.name, func(t *testing.T) {
			t.Parallel()
			body, err := json.Marshal(map[string]any{
				"assistant_id": a.ID, "provider_application": "p", "authentication_token": tc.token,
			})
			require.NoError(t, err)
			got := send(t, g, request{method: http.MethodPost, path: "/v1/channels/twilio", body: string(body)})
			require.Equal(t, http.StatusUnprocessableEntity, got.status)
			require.Contains(t, got.body, "body.authentication_token")
			require.NotContains(t, got.body, "hunter2")
		})
	}
	t.Run("not even JSON", func(t *testing.T) {
		t.Parallel()
		got := send(t, g, request{
			method: http.MethodPost, path: "/v1/channels/twilio", body: `{"authentication_token":"hunter2"`,
		})
		require.GreaterOrEqual(t, got.status, 400)
		require.NotContains(t, got.body, "hunter2")
	})
	t.Run("wrong type", func(t *testing.T) {
		t.Parallel()
		got := send(t, g, request{
			method: http.MethodPost, path: "/v1/channels/twilio", body: `{"authentication_token":["hunter2"]}`,
		})
		require.Equal(t, http.StatusUnprocessableEntity, got.status)
		require.NotContains(t, got.body, "hunter2")
	})
}

func TestRulesNameFieldAndRangePRD05(t *testing.T) {
	t.Parallel()
	g := gatewaytest.Start(t)
	for _, tc := range []struct{ name, body, want string }{
		{"missing", `{}`, `name`},
		{"unknown", `{"name":"a","mood":"x"}`, `body.mood`},
		{"duration", `{"name":"a","max_call_duration":"5h"}`, `5h is outside the range 1m to 4h`},
		{"greeting", `{"name":"a","greeting":"` + strings.Repeat("x", 1001) + `"}`, `body.greeting`},
		{"mode", `{"name":"a","greeting_mode":"generated"}`, `body.greeting_mode`},
		{"language", `{"name":"a","language":"english please"}`, `body.language`},
		{
			"transfer", `{"name":"a","transfers":{"x":{"destination":"sip:a@b;transport=udp"}}}`,
			`body.transfers.x.destination`,
		},
		{"engine", `{"name":"a","engine":{}}`, `body.engine`},
		{"script", `{"name":"a","engine":{"scripted":{"script_json":"{\"tool\":1}"}}}`, `body.engine.scripted.script_json`},
	} {
		t.Run(tc.name, func(t *testing.T) {
			t.Parallel()
			got := send(t, g, request{method: http.MethodPost, path: "/v1/assistants", body: tc.body})
			require.Equal(t, http.StatusUnprocessableEntity, got.status, got.body)
			require.Equal(t, "application/problem+json", got.header.Get("Content-Type"))
			require.Contains(t, got.body, tc.want)
		})
	}
}

func TestPages(t *testing.T) {
	onBothStores(t, func(t *testing.T, g *gatewaytest.Gateway) {
		var want []string
		for _, name := range []string{"a", "b", "c", "d", "e"} {
			want = append(want, newAssistant(t, g, name).ID)
		}
		var got []string
		next := ""
		for {
			page := decode[api.Page[api.Assistant]](t, send(t, g, request{
				method: http.MethodGet, path: "/v1/assistants?limit=2&after=" + next,
			}))
			for _, a := range page.Items {
				got = append(got, a.ID)
			}
			if next = page.Next; next == "" {
				break
			}
		}
		require.Equal(t, want, got)
	})
}
