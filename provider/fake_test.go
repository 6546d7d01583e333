package provider

import (
	"bytes"
	"crypto/rand"
	"encoding/json"
	"fmt"
	"io"
	"maps"
	"net/http"
	"net/http/httptest"
	"slices"
	"strconv"
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
	secrets map[string]string
	version int64
	expire  *time.Time
	changed int64
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
	f.issue(o, "")
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

func refuse(status int, detail string, errs ...api.ProblemField) answer {
	body, _ := json.Marshal(api.Problem{Title: http.StatusText(status), Status: status, Detail: detail, Errors: errs})
	return answer{status: status, body: body}
}

func (f *fake) serve(r request) answer {
	if r.auth != "Bearer "+fakeToken {
		return refuse(http.StatusUnauthorized, "unknown token")
	}
	parts := strings.Split(strings.TrimPrefix(r.path, "/v1/"), "/")
	channels := parts[0] == "channels"
	switch {
	case r.path == "/v1/gateway":
		return ok(api.Gateway{
			Version: "1.2.3", NodeID: "node-a", PublicURL: "https://voice.example.com", Kinds: []string{"twilio"},
			Speech: api.Speech{TTS: "espeak-ng", STT: "none"}, Calls: api.CallCount{Active: 3, Max: 1000},
		})
	case parts[0] == "assistants" && len(parts) == 1:
		return f.collection(r, "assistant", api.PrefixAssistant)
	case parts[0] == "assistants" && len(parts) == 2:
		return f.one(r, parts[1], "assistant")
	case channels && len(parts) == 2 && !strings.HasPrefix(parts[1], api.PrefixChannel):
		return f.collection(r, parts[1], api.PrefixChannel)
	case channels && len(parts) == 2:
		return f.one(r, parts[1], "")
	case channels && len(parts) == 3 && parts[2] == "credentials":
		return f.credentials(parts[1])
	case channels && len(parts) == 3:
		return f.one(r, parts[1], parts[2])
	}
	return refuse(http.StatusNotFound, "no such path")
}

func (f *fake) collection(r request, kind, prefix string) answer {
	if r.method == http.MethodGet {
		return f.page(r, kind)
	}
	body, errs := decode(kind, r.body)
	if errs != nil {
		return refuse(http.StatusUnprocessableEntity, "validation failed", errs...)
	}
	if kind != "assistant" && f.objects[fmt.Sprint(body["assistant_id"])] == nil {
		return refuse(http.StatusUnprocessableEntity, "validation failed",
			api.ProblemField{Location: "body.assistant_id", Message: "no such assistant"})
	}
	if saved, ok := f.answers[r.key]; ok && !r.dry() {
		return saved
	}
	for id, o := range f.objects {
		if kind == "assistant" && o.kind == kind && o.fields["name"] == body["name"] {
			return refuse(http.StatusConflict, fmt.Sprintf("the name is taken by %s", id))
		}
	}
	if r.dry() {
		return answer{status: http.StatusNoContent}
	}
	id := prefix + r.key
	if f.gone[id] {
		return refuse(http.StatusGone, "deleted")
	}
	o := &object{kind: kind, fields: body}
	o.fields["id"] = id
	o.fields["created_at"] = time.Date(2030, 1, 2, 3, 4, 5, 0, time.UTC)
	f.objects[id] = o
	if kind != "assistant" {
		f.issue(o, secretOf(body))
	}
	a := f.touch(o)
	a = f.show(o, true, a)
	a.status = http.StatusCreated
	f.answers[r.key] = a
	return a
}

func (f *fake) page(r request, kind string) answer {
	const size = 500
	var ids []string
	for id, o := range f.objects {
		if o.kind == kind {
			ids = append(ids, id)
		}
	}
	slices.Sort(ids)
	if _, after, ok := strings.Cut(r.query, "after="); ok {
		after, _, _ = strings.Cut(after, "&")
		ids = slices.DeleteFunc(ids, func(id string) bool { return id <= after })
	}
	page := api.Page[json.RawMessage]{Items: []json.RawMessage{}}
	if len(ids) > size {
		ids = ids[:size]
		page.Next = ids[size-1]
	}
	for _, id := range ids {
		page.Items = append(page.Items, f.show(f.objects[id], false, answer{}).body)
	}
	return ok(page)
}

func (f *fake) one(r request, id, kind string) answer {
	o := f.objects[id]
	if r.method == http.MethodDelete {
		if o == nil {
			f.gone[id] = true
			return refuse(http.StatusNotFound, "no such object")
		}
		if o.fields["deletion_protection"] == true {
			return refuse(http.StatusConflict, "protected", api.ProblemField{
				Location: "body.deletion_protection", Message: "deletion_protection is true; set it to false and apply first",
			})
		}
		if r.match != "*" && r.match != api.ETag(o.changed) {
			return refuse(http.StatusPreconditionFailed, "changed by token tok_other at 2030-01-02T03:04:05Z")
		}
		delete(f.objects, id)
		f.gone[id] = true
		return answer{status: http.StatusNoContent}
	}
	if o == nil || (kind != "" && o.kind != kind) {
		return refuse(http.StatusNotFound, "no such object")
	}
	if r.method == http.MethodGet {
		return f.show(o, false, answer{status: http.StatusOK})
	}
	if saved, ok := f.answers[r.key]; ok && !r.dry() {
		return saved
	}
	body, errs := decode(o.kind, r.body)
	switch {
	case errs != nil:
		return refuse(http.StatusUnprocessableEntity, "validation failed", errs...)
	case r.match == "":
		return refuse(http.StatusPreconditionRequired, "If-Match is required")
	case r.match != "*" && r.match != api.ETag(o.changed):
		return refuse(http.StatusPreconditionFailed, "changed by token tok_other at 2030-01-02T03:04:05Z")
	case r.dry():
		return answer{status: http.StatusNoContent}
	}
	wanted, _ := body["rotate_if_version"].(json.Number)
	delete(body, "rotate_if_version")
	secret := secretOf(body)
	rotated := wanted.String() == strconv.FormatInt(o.version, 10) ||
		(secret != "" && secret != o.secrets["authentication_token"])
	for _, name := range []string{"id", "created_at"} {
		body[name] = o.fields[name]
	}
	o.fields = body
	if rotated {
		f.issue(o, secret)
	}
	a := f.show(o, rotated, f.touch(o))
	a.status = http.StatusOK
	f.answers[r.key] = a
	return a
}

func (f *fake) credentials(id string) answer {
	o := f.objects[id]
	switch {
	case f.noCredentialsScope:
		return refuse(http.StatusForbidden, "the token may not do this")
	case o == nil:
		return refuse(http.StatusNotFound, "no such object")
	}
	return ok(api.Credentials{Values: o.secrets, CredentialsVersion: o.version, PreviousCredentialsExpireAt: o.expire})
}

// issue makes the next generation of credentials.
func (f *fake) issue(o *object, given string) {
	if o.version > 0 {
		o.expire = new(time.Date(2030, 1, 3, 0, 0, int(o.version), 0, time.UTC))
	}
	o.version++
	switch {
	case o.kind == kindTest:
		o.secrets = map[string]string{"client_secret": "generated-" + rand.Text()}
	case given != "":
		o.secrets = map[string]string{"authentication_token": given}
	}
}

func (f *fake) touch(o *object) answer {
	f.revision++
	o.changed = f.revision
	return answer{etag: api.ETag(o.changed)}
}

// show renders one object, with its secrets when they were issued just now.
func (f *fake) show(o *object, issued bool, a answer) answer {
	fields := maps.Clone(o.fields)
	fields["revision"] = o.changed
	fields["status"] = api.StatusActive
	fields["updated_at"] = time.Date(2030, 1, 2, 3, 4, int(o.changed%60), 0, time.UTC)
	if o.kind != "assistant" {
		fields["kind"] = o.kind
		fields["credentials_version"] = o.version
		if o.expire != nil {
			fields["previous_credentials_expire_at"] = o.expire
		}
		if issued && !f.noCredentialsScope {
			fields["credentials"] = o.secrets
		}
		for _, name := range []string{"url", "voice_fallback_url", "status_callback_url"} {
			fields[name] = fmt.Sprintf("https://voice.example.com/c/%s/%v/%s", o.kind, fields["id"], name)
		}
	}
	a.body, _ = json.Marshal(fields)
	a.etag = api.ETag(o.changed)
	if a.status == 0 {
		a.status = http.StatusOK
	}
	return a
}

func ok(v any) answer {
	body, _ := json.Marshal(v)
	return answer{status: http.StatusOK, body: body}
}

func secretOf(body map[string]any) string {
	secret, _ := body["authentication_token"].(string)
	delete(body, "authentication_token")
	return secret
}

// decode applies the rules of the API types, as the gateway does.
func decode(kind, text string) (map[string]any, []api.ProblemField) {
	var body interface {
		Defaults()
		Validate() []api.FieldError
	}
	switch kind {
	case "assistant":
		body = &api.Assistant{}
	case api.KindTwilio:
		body = &api.TwilioChannel{}
	default:
		body = &api.Channel{}
	}
	strict := json.NewDecoder(strings.NewReader(text))
	strict.DisallowUnknownFields()
	if err := strict.Decode(body); err != nil {
		return nil, []api.ProblemField{{Location: "body", Message: err.Error()}}
	}
	body.Defaults()
	var errs []api.ProblemField
	for _, e := range body.Validate() {
		errs = append(errs, api.ProblemField{Location: "body." + e.Field, Message: e.Message})
	}
	if errs != nil {
		return nil, errs
	}
	full, _ := json.Marshal(body)
	fields := map[string]any{}
	numbers := json.NewDecoder(bytes.NewReader(full))
	numbers.UseNumber()
	_ = numbers.Decode(&fields)
	return fields, nil
}
