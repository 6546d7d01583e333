package admin

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"net/http"
	"time"

	"github.com/oklog/ulid/v2"

	"github.com/va-gateway/terraform-provider-va/gateway/api"
	"github.com/va-gateway/terraform-provider-va/gateway/internal/channel"
	"github.com/va-gateway/terraform-provider-va/gateway/internal/directory"
	"github.com/va-gateway/terraform-provider-va/gateway/internal/secret"
	"github.com/va-gateway/terraform-provider-va/gateway/internal/store"
)

// channelAnswer is what an Idempotency-Key remembers: no secret, only whether
// the first answer carried them.
type channelAnswer struct {
	Row    store.Channel
	Issued bool
}

// putChannel creates (id empty) or replaces a channel of any kind.
func (a *Admin) putChannel(
	ctx context.Context, k channel.Kind, in WriteInput, body api.ChannelBody, id string,
) (api.ChannelBody, error) {
	given := map[string]secret.Value{}
	body.Defaults()
	errs := body.Validate()
	for _, s := range k.Secrets() {
		if s.Take == nil {
			continue
		}
		given[s.Name] = s.Take(body)
		if id == "" && given[s.Name].IsZero() && s.NeededBy(body) {
			errs = append(errs, api.FieldError{Field: s.Name, Message: "is required when the channel is created"})
		}
	}
	if len(errs) > 0 {
		return nil, invalid(errs...)
	}
	spec, err := directory.EncodeChannel(body)
	if err != nil {
		return nil, fmt.Errorf("encode channel: %w", err)
	}
	w := &channelWriter{a: a, kind: k, body: body, given: given, spec: spec}
	c := change{WriteInput: in, route: "create-channel-" + k.Name(), prefix: api.PrefixChannel, apply: w.create}
	if id != "" {
		c.route, c.prefix = "replace-channel-"+k.Name()+"/"+id, ""
		c.apply = func(ctx context.Context, tx *store.Tx, _ string) (any, []string, error) {
			return w.replace(ctx, tx, id, c)
		}
	}
	answer, replayed, err := a.write(ctx, c)
	if err != nil {
		return nil, a.storeProblem(err, "channel", id)
	}
	result, _ := answer.(channelAnswer)
	if replayed != nil {
		if err := json.Unmarshal(replayed, &result); err != nil {
			return nil, fmt.Errorf("decode stored answer: %w", err)
		}
	}
	rendered, err := a.render(result.Row)
	if err != nil {
		return nil, err
	}
	if result.Issued && !in.DryRun && who(ctx).may(api.ScopeCredentialsRead) {
		if err := a.attachCredentials(ctx, rendered, replayed != nil); err != nil {
			return nil, a.storeProblem(err, "channel", id)
		}
	}
	return rendered, nil
}

// channelWriter holds one write of one channel.
type channelWriter struct {
	a     *Admin
	kind  channel.Kind
	body  api.ChannelBody
	given map[string]secret.Value
	spec  []byte
}

func (w *channelWriter) row(ctx context.Context, tx *store.Tx, id string) store.Channel {
	c := w.body.Common()
	return store.Channel{
		ID: id, Kind: w.kind.Name(), AssistantID: c.AssistantID, Revision: tx.Revision, Spec: w.spec,
		DeletionProtection: c.DeletionProtection, UpdatedBy: who(ctx).actor, UpdatedAt: now(),
	}
}

func (w *channelWriter) create(ctx context.Context, tx *store.Tx, id string) (any, []string, error) {
	if err := w.checkAssistant(ctx, tx); err != nil {
		return nil, nil, err
	}
	row := w.row(ctx, tx, id)
	row.CreatedAt, row.CredentialsVersion = row.UpdatedAt, 1
	fresh, err := w.join(ctx, tx, &row)
	if err != nil {
		return nil, nil, err
	}
	if err := tx.InsertChannel(ctx, row); err != nil {
		return nil, nil, err
	}
	if fresh {
		if err := w.issue(ctx, tx, row.CredentialsOwner(), row.CredentialsVersion, nil); err != nil {
			return nil, nil, err
		}
	}
	if err := audited(ctx, tx, "channel.create", "channel/"+id, nil, w.spec); err != nil {
		return nil, nil, err
	}
	return channelAnswer{row, true}, []string{id}, w.auditIssued(ctx, tx, id)
}

func (w *channelWriter) replace(ctx context.Context, tx *store.Tx, id string, c change) (any, []string, error) {
	old, err := tx.Channel(ctx, id)
	if err == nil && old.Kind != w.kind.Name() {
		err = store.ErrNotFound
	}
	if err != nil {
		return nil, nil, err
	}
	if err := c.precondition(old.Revision, old.UpdatedBy, old.UpdatedAt); err != nil {
		return nil, nil, err
	}
	if err := w.checkAssistant(ctx, tx); err != nil {
		return nil, nil, err
	}
	current, err := w.a.openCurrent(ctx, tx, old.CredentialsOwner())
	if err != nil {
		return nil, nil, err
	}
	rotate, err := w.changes(current)
	if err != nil {
		return nil, nil, err
	}
	// A rotation that was asked for and has happened, through another channel of
	// the group or another request, is answered like one's own.
	issued := rotate || w.body.Common().RotateIfVersion != 0
	rotate = rotate || w.body.Common().RotateIfVersion == old.CredentialsVersion
	row, touched := old, []string(nil)
	if rotate || !bytes.Equal(canonical(old.Spec), canonical(w.spec)) {
		var moved bool
		if row, touched, moved, err = w.update(ctx, tx, old, current, rotate); err != nil {
			return nil, nil, err
		}
		issued = issued || moved
	}
	if issued {
		err = w.auditIssued(ctx, tx, id)
	}
	return channelAnswer{row, issued}, touched, err
}

// update stores the body in place of old. It gives the new row, the ids of the
// channels that differ now, and whether the channel has the credentials of
// another owner, which makes a rotation needless.
func (w *channelWriter) update(
	ctx context.Context, tx *store.Tx, old store.Channel, current map[string]secret.Value, rotate bool,
) (row store.Channel, touched []string, moved bool, err error) {
	row, touched = w.row(ctx, tx, old.ID), []string{old.ID}
	row.CreatedAt = old.CreatedAt
	if moved, err = w.move(ctx, tx, &row, old); err != nil {
		return row, nil, false, err
	}
	if rotate && !moved {
		if touched, err = w.rotate(ctx, tx, &row, current); err != nil {
			return row, nil, false, err
		}
	}
	if err := tx.UpdateChannel(ctx, row); err != nil {
		return row, nil, false, err
	}
	if moved {
		if err := leave(ctx, tx, old); err != nil {
			return row, nil, false, err
		}
	}
	return row, touched, moved, audited(ctx, tx, "channel.update", "channel/"+old.ID, old.Spec, w.spec)
}

// changes reports whether the request asks for other secrets than the current
// ones.
func (w *channelWriter) changes(current map[string]secret.Value) (bool, error) {
	changed := false
	for _, s := range w.kind.Secrets() {
		value, old := w.given[s.Name], current[s.Name]
		switch {
		case !s.NeededBy(w.body):
			changed = changed || !old.IsZero()
		case value.IsZero() && old.IsZero() && s.Take != nil:
			return false, invalid(api.FieldError{Field: s.Name, Message: "is required: the channel has none yet"})
		default:
			changed = changed || !value.IsZero() && !value.Equal(old.Reveal())
		}
	}
	return changed, nil
}

func (w *channelWriter) checkAssistant(ctx context.Context, tx *store.Tx) error {
	id := w.body.Common().AssistantID
	_, err := tx.Assistant(ctx, id)
	if errors.Is(err, store.ErrNotFound) {
		return invalid(api.FieldError{Field: "assistant_id", Message: fmt.Sprintf("assistant %q does not exist", id)})
	}
	return err
}

// rotate issues the next generation, and gives the ids of the channels that have
// it. The one it replaces stays valid for rotation_overlap, any older one ends
// now.
func (w *channelWriter) rotate(
	ctx context.Context, tx *store.Tx, row *store.Channel, current map[string]secret.Value,
) ([]string, error) {
	if !who(ctx).may(api.ScopeSecretsRotate) {
		return nil, problem(http.StatusForbidden, "the token lacks the scope "+api.ScopeSecretsRotate)
	}
	owner := row.CredentialsOwner()
	expire := now().Add(time.Duration(*w.body.Common().RotationOverlap))
	for _, s := range w.kind.Secrets() {
		from := row.CredentialsVersion
		if !s.NeededBy(w.body) {
			from++ // a secret that was taken away has no overlap
		}
		if err := tx.DeleteCredentialsBefore(ctx, owner, s.Name, from); err != nil {
			return nil, err
		}
		if err := tx.ExpireCredentials(ctx, owner, s.Name, row.CredentialsVersion+1, expire); err != nil {
			return nil, err
		}
	}
	row.CredentialsVersion++
	row.PreviousExpireAt = &expire
	if err := w.issue(ctx, tx, owner, row.CredentialsVersion, current); err != nil {
		return nil, err
	}
	if err := audited(ctx, tx, "channel.rotate", "channel/"+row.ID, nil, nil); err != nil {
		return nil, err
	}
	if row.GroupID == "" {
		return []string{row.ID}, nil
	}
	return rotateGroup(ctx, tx, *row)
}

// issue stores one generation of every secret the channel has, for its owner:
// the given value, the current one if the user gave none, or a new one.
func (w *channelWriter) issue(
	ctx context.Context, tx *store.Tx, ownerID string, generation int64, current map[string]secret.Value,
) error {
	for _, s := range w.kind.Secrets() {
		if !s.NeededBy(w.body) {
			continue
		}
		value := w.given[s.Name]
		switch {
		case s.Generate != nil:
			value = s.Generate()
		case value.IsZero():
			value = current[s.Name]
		}
		credential := store.Credential{
			ID: ulid.Make().String(), OwnerID: ownerID, Name: s.Name, Generation: generation, CreatedAt: now(),
		}
		if s.Indexed {
			credential.Index = w.a.Keyring.Index(s.Name, value.Reveal())
		}
		var err error
		if credential.Sealed, err = w.a.Keyring.Seal(value, directory.CredentialAAD(credential.ID)); err != nil {
			return fmt.Errorf("seal %s: %w", s.Name, err)
		}
		if err := tx.InsertCredential(ctx, credential); err != nil {
			return err
		}
	}
	return nil
}

// auditIssued records that the answer will carry secrets, before it does.
func (w *channelWriter) auditIssued(ctx context.Context, tx *store.Tx, id string) error {
	if !who(ctx).may(api.ScopeCredentialsRead) {
		return nil
	}
	return audited(ctx, tx, "credentials.read", "channel/"+id, nil, nil)
}
