package admin

import (
	"context"
	"fmt"
	"net/http"

	"github.com/va-gateway/terraform-provider-va/gateway/api"
	"github.com/va-gateway/terraform-provider-va/gateway/internal/channel"
	"github.com/va-gateway/terraform-provider-va/gateway/internal/directory"
	"github.com/va-gateway/terraform-provider-va/gateway/internal/store"
)

type channelDelete struct {
	ChannelPath
	DeleteInput
}

type refusalsOutput struct{ Body api.Page[api.Refusal] }

// registerChannels adds the routes that need no kind.
func (a *Admin) registerChannels() {
	missing := []int{http.StatusNotFound}
	route(a, operation{
		method: http.MethodGet, path: "/v1/channels", id: "list-channels",
		summary: "List channels of every kind, with their shared fields", scope: api.ScopeChannelsRead,
	}, func(ctx context.Context, in *PageInput) (*pageOutput[api.Channel], error) {
		bodies, err := a.listChannels(ctx, "", in)
		if err != nil {
			return nil, err
		}
		var items []api.Channel
		for _, b := range bodies {
			items = append(items, *b.Common())
		}
		return pageOf(items, in.Limit, func(c api.Channel) string { return c.ID }), nil
	})
	route(a, operation{
		method: http.MethodGet, path: "/v1/channels/{id}", id: "get-channel",
		summary: "Read the shared fields of a channel", scope: api.ScopeChannelsRead, errors: missing,
	}, func(ctx context.Context, in *ChannelPath) (*output[api.Channel], error) {
		body, err := a.readChannel(ctx, in.ID, "")
		if err != nil {
			return nil, err
		}
		c := *body.Common()
		return &output[api.Channel]{Status: http.StatusOK, ETag: api.ETag(c.Revision), Body: c}, nil
	})
	route(a, operation{
		method: http.MethodDelete, path: "/v1/channels/{id}", id: "delete-channel", summary: "Delete a channel",
		scope: api.ScopeChannelsRW, status: http.StatusNoContent,
		errors: append(missing, http.StatusConflict, http.StatusPreconditionFailed, http.StatusPreconditionRequired),
	}, a.deleteChannel)
	route(a, operation{
		method: http.MethodGet, path: "/v1/channels/{id}/refusals", id: "list-refusals",
		summary: "The last refused attempts on a channel, newest first, with the exact reason",
		scope:   api.ScopeChannelsRead, errors: missing,
	}, func(ctx context.Context, in *ChannelPath) (*refusalsOutput, error) {
		if _, err := a.Store.Channel(ctx, in.ID); err != nil {
			return nil, a.storeProblem(err, "channel", in.ID)
		}
		items := a.Refusals(in.ID)
		if items == nil {
			items = []api.Refusal{}
		}
		return &refusalsOutput{api.Page[api.Refusal]{Items: items}}, nil
	})
}

func (a *Admin) kind(name string) (channel.Kind, error) {
	for _, k := range a.Kinds {
		if k.Name() == name {
			return k.Kind, nil
		}
	}
	return nil, fmt.Errorf("channel kind %q is not part of this gateway", name)
}

// render is a stored channel as the API shows it, without secrets.
func (a *Admin) render(row store.Channel) (api.ChannelBody, error) {
	k, err := a.kind(row.Kind)
	if err != nil {
		return nil, err
	}
	body, err := directory.DecodeChannel(k, row)
	if err != nil {
		return nil, err
	}
	body.Common().Status = api.StatusInactive
	if a.Directory.ChannelActive(row.ID) {
		body.Common().Status = api.StatusActive
	}
	k.Outputs(body, a.Endpoints)
	return body, nil
}

// readChannel reads a channel; another kind than the one named does not exist.
func (a *Admin) readChannel(ctx context.Context, id, kind string) (api.ChannelBody, error) {
	row, err := a.Store.Channel(ctx, id)
	if err == nil && kind != "" && row.Kind != kind {
		err = store.ErrNotFound
	}
	if err != nil {
		return nil, a.storeProblem(err, "channel", id)
	}
	return a.render(row)
}

// listChannels reads one more than the limit, for pageOf.
func (a *Admin) listChannels(ctx context.Context, kind string, in *PageInput) ([]api.ChannelBody, error) {
	rows, err := a.Store.Channels(ctx, kind, "", in.After, in.Limit+1)
	if err != nil {
		return nil, a.storeProblem(err, "channel", "")
	}
	var bodies []api.ChannelBody
	for _, row := range rows {
		body, err := a.render(row)
		if err != nil {
			return nil, err
		}
		bodies = append(bodies, body)
	}
	return bodies, nil
}

func (a *Admin) deleteChannel(ctx context.Context, in *channelDelete) (*struct{}, error) {
	return a.remove(ctx, in.ID, "channel", in.IfMatch,
		func(ctx context.Context, tx *store.Tx, c change) error {
			old, err := tx.Channel(ctx, in.ID)
			if err != nil {
				return err
			}
			if err := c.precondition(old.Revision, old.UpdatedBy, old.UpdatedAt); err != nil {
				return err
			}
			if old.DeletionProtection {
				return problem(http.StatusConflict,
					"deletion_protection is true; set it to false before deleting the channel")
			}
			if err := tx.DeleteChannel(ctx, in.ID); err != nil {
				return err
			}
			if err := leaveGroup(ctx, tx, old.GroupID); err != nil {
				return err
			}
			return audited(ctx, tx, "channel.delete", "channel/"+in.ID, old.Spec, nil)
		})
}
