package admin

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"net/http"
	"time"

	"github.com/va-gateway/terraform-provider-va/gateway/api"
	"github.com/va-gateway/terraform-provider-va/gateway/internal/directory"
	"github.com/va-gateway/terraform-provider-va/gateway/internal/store"
)

// AssistantPath names an assistant.
type AssistantPath struct {
	ID string `path:"id" pattern:"^asst_[0-7][0-9A-HJKMNP-TV-Z]{25}$" doc:"Assistant id."`
}

// AssistantWrite is a request to create an assistant.
type AssistantWrite struct {
	WriteInput
	Body api.Assistant
}

type assistantReplace struct {
	AssistantPath
	AssistantWrite
}

// DeleteInput is what every delete request has.
type DeleteInput struct {
	IfMatch string `header:"If-Match" doc:"ETag that was read, or *."`
}

type assistantDelete struct {
	AssistantPath
	DeleteInput
}

func (a *Admin) registerAssistants() {
	const path = "/v1/assistants"
	badWrite := []int{http.StatusConflict, http.StatusGone, http.StatusUnprocessableEntity}
	route(a, operation{
		method: http.MethodPost, path: path, id: "create-assistant", summary: "Create an assistant",
		scope: api.ScopeAssistantsRW, status: http.StatusCreated, errors: badWrite,
	}, func(ctx context.Context, in *AssistantWrite) (*output[api.Assistant], error) {
		return a.putAssistant(ctx, in, "")
	})
	route(a, operation{
		method: http.MethodGet, path: path, id: "list-assistants", summary: "List assistants",
		scope: api.ScopeAssistantsRead,
	}, a.listAssistants)
	route(a, operation{
		method: http.MethodGet, path: path + "/{id}", id: "get-assistant", summary: "Read an assistant",
		scope: api.ScopeAssistantsRead, errors: []int{http.StatusNotFound},
	}, a.getAssistant)
	route(a, operation{
		method: http.MethodPut, path: path + "/{id}", id: "replace-assistant", summary: "Replace an assistant",
		scope:  api.ScopeAssistantsRW,
		errors: append(badWrite, http.StatusNotFound, http.StatusPreconditionFailed, http.StatusPreconditionRequired),
	}, func(ctx context.Context, in *assistantReplace) (*output[api.Assistant], error) {
		return a.putAssistant(ctx, &in.AssistantWrite, in.ID)
	})
	route(a, operation{
		method: http.MethodDelete, path: path + "/{id}", id: "delete-assistant", summary: "Delete an assistant",
		scope: api.ScopeAssistantsRW, status: http.StatusNoContent,
		errors: []int{http.StatusNotFound, http.StatusConflict, http.StatusPreconditionFailed},
	}, a.deleteAssistant)
}

// putAssistant creates (id empty) or replaces.
func (a *Admin) putAssistant(ctx context.Context, in *AssistantWrite, id string) (*output[api.Assistant], error) {
	assistant := in.Body
	assistant.Defaults()
	if errs := a.checkAssistant(assistant); len(errs) > 0 {
		return nil, invalid(errs...)
	}
	given := takeSecrets(&assistant)
	spec, err := directory.EncodeAssistant(assistant)
	if err != nil {
		return nil, fmt.Errorf("encode assistant: %w", err)
	}
	c := change{WriteInput: in.WriteInput, route: "replace-assistant/" + id}
	if id == "" {
		c.route, c.prefix = "create-assistant", api.PrefixAssistant
	}
	c.apply = func(ctx context.Context, tx *store.Tx, newID string) (any, []string, error) {
		row := store.Assistant{
			ID: newID, Name: assistant.Name, Revision: tx.Revision, Spec: spec,
			UpdatedBy: who(ctx).actor, UpdatedAt: now(),
		}
		if id == "" {
			row.CreatedAt = row.UpdatedAt
			err := nameFree(ctx, tx, assistant.Name, newID)
			if err == nil {
				err = tx.InsertAssistant(ctx, row)
			}
			if err == nil {
				_, err = a.keepSecrets(ctx, tx, newID, nil, &assistant, given)
			}
			if err == nil {
				err = audited(ctx, tx, "assistant.create", "assistant/"+newID, nil, spec)
			}
			return row, []string{newID}, err
		}
		old, err := tx.Assistant(ctx, id)
		if err != nil {
			return nil, nil, err
		}
		if err := c.precondition(old.Revision, old.UpdatedBy, old.UpdatedAt); err != nil {
			return nil, nil, err
		}
		before, err := directory.DecodeAssistant(old)
		if err != nil {
			return nil, nil, err
		}
		fresh, err := a.keepSecrets(ctx, tx, id, &before, &assistant, given)
		if err != nil {
			return nil, nil, err
		}
		if !fresh && bytes.Equal(canonical(old.Spec), canonical(spec)) {
			return old, nil, nil // nothing to change: keep revision and audit log quiet
		}
		row.ID, row.CreatedAt = id, old.CreatedAt
		if err := nameFree(ctx, tx, assistant.Name, id); err != nil {
			return nil, nil, err
		}
		err = tx.UpdateAssistant(ctx, row)
		if err == nil {
			err = audited(ctx, tx, "assistant.update", "assistant/"+id, old.Spec, spec)
		}
		return row, []string{id}, err
	}
	answer, replayed, err := a.write(ctx, c)
	if err != nil {
		return nil, a.storeProblem(err, "assistant", id)
	}
	row, _ := answer.(store.Assistant)
	if replayed != nil {
		if err := json.Unmarshal(replayed, &row); err != nil {
			return nil, fmt.Errorf("decode stored answer: %w", err)
		}
	}
	return a.assistantOutput(row, c.prefix != "")
}

func (a *Admin) checkAssistant(assistant api.Assistant) []api.FieldError {
	errs := assistant.Validate()
	if e := assistant.Engine; e != nil && e.Scripted != nil && e.Scripted.ScriptJSON != "" {
		if err := a.CheckScript(e.Scripted.ScriptJSON); err != nil {
			errs = append(errs, api.FieldError{Field: "engine.scripted.script_json", Message: err.Error()})
		}
	}
	return errs
}

// nameFree refuses a name that another assistant than id has. The writes are
// serialised, so looking first is as good as waiting for the constraint, and
// the answer can say which one it is.
func nameFree(ctx context.Context, tx *store.Tx, name, id string) error {
	other, err := tx.AssistantByName(ctx, name)
	switch {
	case errors.Is(err, store.ErrNotFound), err == nil && other.ID == id:
		return nil
	case err != nil:
		return err
	}
	return problem(http.StatusConflict, other.ID+" has the name", api.ProblemField{
		Location: "body.name", Message: fmt.Sprintf("another assistant is named %q", name),
	})
}

func (a *Admin) assistantOutput(row store.Assistant, created bool) (*output[api.Assistant], error) {
	assistant, err := directory.DecodeAssistant(row)
	if err != nil {
		return nil, err
	}
	a.completeAssistant(&assistant)
	out := &output[api.Assistant]{Status: http.StatusOK, ETag: api.ETag(row.Revision), Body: assistant}
	if created {
		out.Status = http.StatusCreated
	}
	return out, nil
}

func (a *Admin) completeAssistant(assistant *api.Assistant) {
	assistant.StatusReasons = a.Directory.AssistantProblems(*assistant)
	assistant.Status = api.StatusActive
	if len(assistant.StatusReasons) > 0 {
		assistant.Status = api.StatusInactive
	}
}

func (a *Admin) getAssistant(ctx context.Context, in *AssistantPath) (*output[api.Assistant], error) {
	row, err := a.Store.Assistant(ctx, in.ID)
	if err != nil {
		return nil, a.storeProblem(err, "assistant", in.ID)
	}
	return a.assistantOutput(row, false)
}

func (a *Admin) listAssistants(ctx context.Context, in *PageInput) (*pageOutput[api.Assistant], error) {
	rows, err := a.Store.Assistants(ctx, in.After, in.Limit+1)
	if err != nil {
		return nil, a.storeProblem(err, "assistant", "")
	}
	var items []api.Assistant
	for _, row := range rows {
		assistant, err := directory.DecodeAssistant(row)
		if err != nil {
			return nil, err
		}
		a.completeAssistant(&assistant)
		items = append(items, assistant)
	}
	return pageOf(items, in.Limit, func(x api.Assistant) string { return x.ID }), nil
}

func (a *Admin) deleteAssistant(ctx context.Context, in *assistantDelete) (*struct{}, error) {
	return a.remove(ctx, in.ID, "assistant", in.IfMatch,
		func(ctx context.Context, tx *store.Tx, c change) error {
			old, err := tx.Assistant(ctx, in.ID)
			if err != nil {
				return err
			}
			if err := c.precondition(old.Revision, old.UpdatedBy, old.UpdatedAt); err != nil {
				return err
			}
			var inUse *store.InUseError
			if err := tx.DeleteAssistant(ctx, in.ID); errors.As(err, &inUse) {
				return problem(http.StatusConflict, fmt.Sprintf("the assistant still has channels: %v", inUse.ChannelIDs))
			} else if err != nil {
				return err
			}
			if err := tx.DeleteCredentials(ctx, in.ID); err != nil {
				return err
			}
			return audited(ctx, tx, "assistant.delete", "assistant/"+in.ID, old.Spec, nil)
		})
}

// remove deletes an object and leaves a tombstone, also for an id that never
// existed: a create that is still on its way must not win later.
func (a *Admin) remove(
	ctx context.Context, id, what, match string, apply func(context.Context, *store.Tx, change) error,
) (*struct{}, error) {
	c := change{WriteInput: WriteInput{IfMatch: match}}
	missing := false
	var revision int64
	err := a.Store.Write(ctx, false, func(tx *store.Tx) error {
		revision = tx.Revision
		err := apply(ctx, tx, c)
		if errors.Is(err, store.ErrNotFound) {
			missing, err = true, nil
		}
		if err != nil {
			return err
		}
		return tx.Entomb(ctx, id, now().Add(api.IdempotencyWindow))
	})
	if err != nil {
		return nil, a.storeProblem(err, what, id)
	}
	a.serve(ctx, revision, []string{id})
	if missing {
		return nil, notFound(what, id)
	}
	return nil, nil //nolint:nilnil // huma: no body
}

func now() time.Time { return time.Now().UTC().Truncate(time.Microsecond) }

// canonical makes stored and new JSON comparable: PostgreSQL normalises white
// space and key order.
func canonical(b []byte) []byte {
	var v any
	if json.Unmarshal(b, &v) != nil {
		return b
	}
	out, err := json.Marshal(v)
	if err != nil {
		return b
	}
	return out
}
