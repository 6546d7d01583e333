package admin

import (
	"context"
	"net/http"

	"github.com/va-gateway/terraform-provider-va/gateway/api"
)

func (a *Admin) registerGateway() {
	route(a, operation{
		method: http.MethodGet, path: "/v1/gateway", id: "get-gateway", summary: "Describe the running gateway",
		scope: api.ScopeAssistantsRead,
	}, func(context.Context, *struct{}) (*output[api.Gateway], error) {
		return &output[api.Gateway]{Status: http.StatusOK, Body: a.Gateway()}, nil
	})
}
