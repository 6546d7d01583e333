package provider

import (
	"context"

	"github.com/hashicorp/terraform-plugin-framework/diag"
	"github.com/hashicorp/terraform-plugin-framework/provider"
	"github.com/hashicorp/terraform-plugin-framework/resource"
	"github.com/hashicorp/terraform-plugin-framework/resource/schema"
	"github.com/hashicorp/terraform-plugin-framework/types"

	"github.com/va-gateway/terraform-provider-va/gateway/api"
)

// kindTest is a channel kind with a generated secret that exists in tests
// only. It proves what channelResource does for every kind, and that a kind is
// no more than attributes and a mapping.
const kindTest = "testkind"

type testModel struct {
	channelCommon
	URL          types.String `tfsdk:"url"`
	ClientSecret types.String `tfsdk:"client_secret"`
}

type testChannel struct {
	api.Channel
	URL string `json:"url,omitempty"`
}

func newChannelTest() resource.Resource {
	return newChannel[testModel, *testChannel](kindTest, "test channel", "Exists in tests only.",
		map[string]schema.Attribute{
			"url":           constant("Where calls go."),
			"client_secret": schema.StringAttribute{Computed: true, Sensitive: true},
		})
}

func (m *testModel) toAPI(context.Context, *testModel) (*testChannel, diag.Diagnostics) {
	return &testChannel{Channel: m.commonToAPI()}, nil
}

func (m *testModel) fromAPI(_ context.Context, a *testChannel) diag.Diagnostics {
	m.commonFromAPI(&a.Channel)
	m.URL = newText(a.URL)
	return nil
}

func (m *testModel) secrets() map[string]*types.String {
	return map[string]*types.String{"client_secret": &m.ClientSecret}
}

// testProvider is the provider plus kindTest.
type testProvider struct{ vaProvider }

func newTestProvider() provider.Provider { return &testProvider{vaProvider{version: "test"}} }

// Resources implements provider.Provider.
func (p *testProvider) Resources(ctx context.Context) []func() resource.Resource {
	return append(p.vaProvider.Resources(ctx), newChannelTest)
}
