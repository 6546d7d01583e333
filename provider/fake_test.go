package provider

import (
	"io"
	"maps"
	"net/http"
	"net/http/httptest"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/oklog/ulid/v2"
	"github.com/stretchr/testify/require"

	"github.com/va-gateway/terraform-provider-va/gateway/api"
)

// fake is an admin API in memory that records every request, so that tests can
// say which were made and which were not. Its rules are those of the API
// contract: idempotency keys before If-Match, tombstones, dry runs. What it
// does beyond them comes from the function fields, which tests set.
type fake struct {
	url string

	mu       sync.Mutex
	requests []request
	objects  map[string]*object
	gone     map[string]bool
	answers  map[string]answer // by idempotency key
	revision int64

	// before may answer instead of the fake; it reports whether it did.
	before func(w http.ResponseWriter, r request) bool
	// lose reports whether the answer is dropped after the work was done.
	lose func(r request) bool
	// noCredentialsScope acts as for a token without credentials:read.
	noCredentialsScope bool
}

const fakeToken = "fake-admin-token-0123456789abcdefghijklmnop"

// request is one recorded request.
type request struct {
	method, path, query string
	key, match, auth    string
	body                string
}

func (r request) dry() bool { return strings.Contains(r.query, api.QueryDryRun+"=true") }

type object struct {
	kind    string // "assistant" or a channel kind
	fields  map[string]any
	changed int64
	*issued // of a channel
}

// issued are credentials; channels of a group have the same ones.
type issued struct {
	owner   string
	secrets map[string]string
	version int64
	expire  *time.Time
}

type answer struct {
	status int
	body   []byte
	etag   string
}

func newFake(t *testing.T) *fake {
	t.Helper()
	f := &fake{objects: map[string]*object{}, gone: map[string]bool{}, answers: map[string]answer{}}
	server := httptest.NewServer(f)
	t.Cleanup(server.Close)
	f.url = server.URL
	return f
}

func (f *fake) endpoint() string { return f.url }
func (f *fake) token() string    { return fakeToken }

// made lists the requests with this method whose path contains part, dry runs
// left out.
func (f *fake) made(method, part string) []request {
	f.mu.Lock()
	defer f.mu.Unlock()
	return slices.DeleteFunc(slices.Clone(f.requests), func(r request) bool {
		return r.method != method || !strings.Contains(r.path, part) || r.dry()
	})
}

// set changes the function fields while the fake runs.
func (f *fake) set(change func(f *fake)) {
	f.mu.Lock()
	defer f.mu.Unlock()
	change(f)
}

// ids lists the existing objects of one kind.
func (f *fake) ids(kind string) []string {
	f.mu.Lock()
	defer f.mu.Unlock()
	var ids []string
	for id, o := range f.objects {
		if o.kind == kind {
			ids = append(ids, id)
		}
	}
	slices.Sort(ids)
	return ids
}

// only is the single object of one kind.
func (f *fake) only(kind string) *object {
	f.mu.Lock()
	defer f.mu.Unlock()
	var found *object
	for _, o := range f.objects {
		if o.kind == kind {
			found = o
		}
	}
	return found
}

// seed makes a test channel that Terraform does not know.
func (f *fake) seed(t *testing.T) string {
	t.Helper()
	return f.seedChannel(t, kindTest, func(c api.Channel) any { return c })
}

// seedTwilio makes a Twilio channel that Terraform does not know.
func (f *fake) seedTwilio(t *testing.T, token string) string {
	t.Helper()
	return f.seedChannel(t, api.KindTwilio, func(c api.Channel) any {
		return api.TwilioChannel{Channel: c, AuthenticationToken: token, PhoneNumberToLiveAgent: "+14155550123"}
	})
}

func (f *fake) seedChannel(t *testing.T, kind string, body func(api.Channel) any) string {
	t.Helper()
	client, err := api.NewClient(api.ClientConfig{Endpoint: f.url, Token: fakeToken})
	require.NoError(t, err)
	var a api.Assistant
	require.NoError(t, client.Post(t.Context(), "/v1/assistants", api.Assistant{Name: "seeded"}, &a,
		api.Write{Key: ulid.Make().String()}))
	var c api.Channel
	require.NoError(t, client.Post(t.Context(), "/v1/channels/"+kind,
		body(api.Channel{AssistantID: a.ID, ProviderApplication: "shop"}), &c, api.Write{Key: ulid.Make().String()}))
	return c.ID
}

// rotate issues new credentials out of band.
func (f *fake) rotate(kind string) {
	o := f.only(kind)
	f.mu.Lock()
	defer f.mu.Unlock()
	f.issue(o, nil)
	f.touch(o)
}

// remove deletes every object of one kind out of band.
func (f *fake) remove(kind string) {
	f.mu.Lock()
	defer f.mu.Unlock()
	maps.DeleteFunc(f.objects, func(_ string, o *object) bool { return o.kind == kind })
}

// ServeHTTP implements http.Handler.
func (f *fake) ServeHTTP(w http.ResponseWriter, hr *http.Request) {
	body, _ := io.ReadAll(hr.Body)
	r := request{
		method: hr.Method, path: hr.URL.Path, query: hr.URL.RawQuery, body: string(body),
		key: hr.Header.Get(api.HeaderIdempotencyKey), match: hr.Header.Get("If-Match"),
		auth: hr.Header.Get("Authorization"),
	}
	f.mu.Lock()
	f.requests = append(f.requests, r)
	before, lose := f.before, f.lose
	f.mu.Unlock()
	if before != nil && before(w, r) {
		return
	}
	f.mu.Lock()
	a := f.serve(r)
	f.mu.Unlock()
	if lose != nil && lose(r) {
		drop(w)
		return
	}
	if a.etag != "" {
		w.Header().Set("ETag", a.etag)
	}
	contentType := "application/json"
	if a.status >= 400 {
		contentType = "application/problem+json"
	}
	w.Header().Set("Content-Type", contentType)
	w.WriteHeader(a.status)
	_, _ = w.Write(a.body)
}

// drop closes the connection without an answer.
func drop(w http.ResponseWriter) {
	conn, _, err := http.NewResponseController(w).Hijack()
	if err == nil {
		_ = conn.Close()
	}
}

// problem writes a problem+json answer, for hooks.
func problem(w http.ResponseWriter, status int, detail string, errs ...api.ProblemField) {
	a := refuse(status, detail, errs...)
	w.Header().Set("Content-Type", "application/problem+json")
	w.WriteHeader(a.status)
	_, _ = w.Write(a.body)
}
