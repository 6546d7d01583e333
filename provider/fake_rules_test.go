package provider

import (
	"bytes"
	"crypto/rand"
	"encoding/json"
	"fmt"
	"maps"
	"net/http"
	"slices"
	"strconv"
	"strings"
	"time"

	"github.com/va-gateway/terraform-provider-va/gateway/api"
)

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
	o := &object{kind: kind, fields: body, issued: &issued{}}
	o.fields["id"] = id
	o.fields["created_at"] = time.Date(2030, 1, 2, 3, 4, 5, 0, time.UTC)
	if kind != "assistant" && f.join(o) {
		f.issue(o, secretsOf(body))
	}
	f.objects[id] = o
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
	given := secretsOf(body)
	moved := o.fields["credential_group"] != body["credential_group"]
	asked := wanted != ""
	rotated := !moved && wanted.String() == strconv.FormatInt(o.version, 10)
	for _, name := range secretNames {
		rotated = rotated || given[name] != "" && given[name] != o.secrets[name]
	}
	rotated = rotated || o.secrets["api_key_secret"] != "" && body["api_key_sid"] == nil
	for _, name := range []string{"id", "created_at"} {
		body[name] = o.fields[name]
	}
	o.fields = body
	if rotated || moved && f.join(o) {
		f.issue(o, given)
	}
	a := f.show(o, rotated || moved || asked, f.touch(o))
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

// join gives a channel the credentials of its group, or new ones, which it
// reports. New ones go on with the version of those before.
func (f *fake) join(o *object) bool {
	group := o.fields["credential_group"]
	for _, other := range f.objects {
		if group != nil && other != o && other.kind == o.kind && other.fields["credential_group"] == group {
			o.issued = other.issued
			return false
		}
	}
	next := &issued{owner: fmt.Sprint(o.fields["id"]), version: o.version}
	if group != nil {
		next.owner = api.PrefixCredentialGroup + rand.Text()
	}
	o.issued = next
	return true
}

// issue makes the next generation of credentials.
func (f *fake) issue(o *object, given map[string]string) {
	if o.secrets != nil {
		o.expire = new(time.Date(2030, 1, 3, 0, 0, int(o.version), 0, time.UTC))
	}
	o.version++
	switch {
	case o.kind == kindTest:
		o.secrets = map[string]string{"client_secret": "generated-" + rand.Text()}
	case o.kind == api.KindGenesysAudioConnector:
		o.secrets = map[string]string{"api_key": "vak_" + rand.Text(), "client_secret": rand.Text() + rand.Text()}
	default:
		next := map[string]string{}
		for _, name := range secretNames {
			if name == "api_key_secret" && o.fields["api_key_sid"] == nil {
				continue
			}
			if next[name] = o.secrets[name]; given[name] != "" {
				next[name] = given[name]
			}
		}
		o.secrets = next
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
		if o.kind == api.KindGenesysAudioConnector {
			fields["base_connection_uri"] = fmt.Sprintf("wss://voice.example.com/c/%s/%s", o.kind, o.owner)
			fields["connector_id"] = strings.TrimPrefix(fmt.Sprint(fields["id"]), api.PrefixChannel)
		}
		if fields["account_sid"] != nil {
			fields["media_url"] = fmt.Sprintf("wss://voice.example.com/c/%s/%v/media", o.kind, fields["id"])
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

var secretNames = []string{"authentication_token", "api_key_secret"}

// secretsOf takes the secret inputs out of a body.
func secretsOf(body map[string]any) map[string]string {
	given := map[string]string{}
	for _, name := range secretNames {
		given[name], _ = body[name].(string)
		delete(body, name)
	}
	return given
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
	case api.KindGenesysAudioConnector:
		body = &api.GenesysAudioConnectorChannel{}
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
