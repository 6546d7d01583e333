package admin

import (
	"context"
	"net/http"

	"github.com/va-gateway/terraform-provider-va/gateway/api"
	"github.com/va-gateway/terraform-provider-va/gateway/internal/store"
	"github.com/va-gateway/terraform-provider-va/gateway/internal/switchboard"
)

type callPath struct {
	ID string `path:"id" pattern:"^call_[0-7][0-9A-HJKMNP-TV-Z]{25}$" doc:"Call id."`
}

type callList struct {
	PageInput
	ChannelID      string `query:"channel_id" maxLength:"64" doc:"Only calls of this channel."`
	ProviderCallID string `query:"provider_call_id" maxLength:"128" doc:"Only the call with the platform's own id; needs channel_id."`
}

func (a *Admin) registerCalls() {
	route(a, operation{
		method: http.MethodGet, path: "/v1/calls", id: "list-calls", summary: "List calls, newest first",
		scope: api.ScopeCallsRead,
	}, a.listCalls)
	route(a, operation{
		method: http.MethodGet, path: "/v1/calls/{id}", id: "get-call", summary: "Read a call record",
		scope: api.ScopeCallsRead, errors: []int{http.StatusNotFound},
	}, func(ctx context.Context, in *callPath) (*output[api.Call], error) {
		row, err := a.Store.Call(ctx, in.ID)
		if err != nil {
			return nil, a.storeProblem(err, "call", in.ID)
		}
		c, err := switchboard.Record(row)
		if err != nil {
			return nil, err
		}
		return &output[api.Call]{Status: http.StatusOK, Body: c}, nil
	})
}

func (a *Admin) listCalls(ctx context.Context, in *callList) (*pageOutput[api.Call], error) {
	var rows []store.Call
	var err error
	if in.ProviderCallID != "" {
		var row store.Call
		row, err = a.Store.CallByProviderID(ctx, in.ChannelID, in.ProviderCallID)
		rows = []store.Call{row}
	} else {
		rows, err = a.Store.Calls(ctx, store.CallFilter{ChannelID: in.ChannelID}, in.After, in.Limit+1)
	}
	if err != nil {
		return nil, a.storeProblem(err, "call", in.ProviderCallID)
	}
	var items []api.Call
	for _, row := range rows {
		c, err := switchboard.Record(row)
		if err != nil {
			return nil, err
		}
		items = append(items, c)
	}
	return pageOf(items, in.Limit, func(c api.Call) string { return c.ID }), nil
}
