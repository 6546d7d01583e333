package admin

import (
	"context"
	"net/http"

	"github.com/va-gateway/terraform-provider-va/gateway/api"
	"github.com/va-gateway/terraform-provider-va/gateway/internal/channel"
)

// Kind is a channel kind with its admin routes.
type Kind struct {
	channel.Kind
	register func(a *Admin)
}

// ChannelPath names a channel.
type ChannelPath struct {
	ID string `path:"id" pattern:"^chn_[0-7][0-9A-HJKMNP-TV-Z]{25}$" doc:"Channel id."`
}

// ChannelWrite is a request to create a channel whose API type is C.
type ChannelWrite[C any] struct {
	WriteInput
	Body C
}

type channelReplace[C any] struct {
	ChannelPath
	ChannelWrite[C]
}

// Of gives a kind its routes. C is the kind's API struct, such as
// api.TwilioChannel; it is what makes the OpenAPI description exact, and the
// only thing a new kind adds to this package's knowledge.
func Of[C any, P interface {
	*C
	api.ChannelBody
}](k channel.Kind) Kind {
	return Kind{Kind: k, register: func(a *Admin) {
		name := k.Name()
		collection, one := "/v1/channels/"+name, "/v1/channels/{id}/"+name
		badWrite := []int{http.StatusConflict, http.StatusGone, http.StatusUnprocessableEntity}
		answer := func(body api.ChannelBody, created bool, err error) (*output[C], error) {
			if err != nil {
				return nil, err
			}
			out := &output[C]{
				Status: http.StatusOK, ETag: api.ETag(body.Common().Revision), CacheControl: "no-store",
				Body: *body.(P), //nolint:forcetypeassert // New of this kind made it
			}
			if created {
				out.Status = http.StatusCreated
			}
			return out, nil
		}
		route(a, operation{
			method: http.MethodPost, path: collection, id: "create-channel-" + name,
			summary: "Create a " + name + " channel", scope: api.ScopeChannelsRW,
			status: http.StatusCreated, errors: badWrite,
		}, func(ctx context.Context, in *ChannelWrite[C]) (*output[C], error) {
			body, err := a.putChannel(ctx, k, in.WriteInput, P(&in.Body), "")
			return answer(body, true, err)
		})
		route(a, operation{
			method: http.MethodPut, path: one, id: "replace-channel-" + name,
			summary: "Replace a " + name + " channel, or rotate its credentials", scope: api.ScopeChannelsRW,
			errors: append(badWrite, http.StatusNotFound, http.StatusPreconditionFailed, http.StatusPreconditionRequired),
		}, func(ctx context.Context, in *channelReplace[C]) (*output[C], error) {
			body, err := a.putChannel(ctx, k, in.WriteInput, P(&in.Body), in.ID)
			return answer(body, false, err)
		})
		route(a, operation{
			method: http.MethodGet, path: one, id: "get-channel-" + name,
			summary: "Read a " + name + " channel", scope: api.ScopeChannelsRead, errors: []int{http.StatusNotFound},
		}, func(ctx context.Context, in *ChannelPath) (*output[C], error) {
			body, err := a.readChannel(ctx, in.ID, name)
			return answer(body, false, err)
		})
		route(a, operation{
			method: http.MethodGet, path: collection, id: "list-channels-" + name,
			summary: "List " + name + " channels", scope: api.ScopeChannelsRead,
		}, func(ctx context.Context, in *PageInput) (*pageOutput[C], error) {
			bodies, err := a.listChannels(ctx, name, in)
			if err != nil {
				return nil, err
			}
			var items []C
			for _, b := range bodies {
				items = append(items, *b.(P)) //nolint:forcetypeassert // New of this kind made it
			}
			return pageOf(items, in.Limit, func(c C) string { return P(&c).Common().ID }), nil
		})
	}}
}
