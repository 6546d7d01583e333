package provider

import (
	"errors"
	"strings"
	"testing"

	"github.com/hashicorp/terraform-plugin-framework/diag"
	"github.com/hashicorp/terraform-plugin-framework/path"
	"github.com/hashicorp/terraform-plugin-go/tftypes"
	"github.com/stretchr/testify/require"

	"github.com/va-gateway/terraform-provider-va/gateway/api"
)

const plantedSecret = "planted-secret-0123456789-0123456789"

// sceneOf is about a Twilio channel with plantedSecret as its token.
func sceneOf(t *testing.T) scene {
	t.Helper()
	conn, field := newConnection(api.ClientConfig{Endpoint: "http://127.0.0.1:1", Token: fakeToken})
	require.Nil(t, field)
	r, ok := newChannelTwilio().(*twilioResource)
	require.True(t, ok)
	r.conn = conn
	sch := r.kind.schema(t.Context())
	object, ok := sch.Type().TerraformType(t.Context()).(tftypes.Object)
	require.True(t, ok)
	values := map[string]tftypes.Value{}
	for name, attributeType := range object.AttributeTypes {
		values[name] = tftypes.NewValue(attributeType, nil)
	}
	values["authentication_token_wo"] = str(plantedSecret)
	values["name"] = str("desk")
	return r.scene(t.Context(), "create", api.ScopeChannelsRW, tftypes.NewValue(object, values))
}

func TestProblemsTF18(t *testing.T) {
	t.Parallel()
	field := func(location, message string) []api.ProblemField {
		return []api.ProblemField{{Location: location, Message: message}}
	}
	tests := []struct {
		name string
		err  error
		at   path.Path
		text string
	}{
		{
			"rule at an attribute", &api.Problem{Status: 422, Errors: field("body.name", "is taken")},
			path.Root("name"), `Attribute name, value "desk": is taken.`,
		},
		{
			"rule at a write-only secret",
			&api.Problem{Status: 422, Errors: field("body.authentication_token", "12 characters")},
			path.Root("authentication_token_wo"), `Attribute authentication_token_wo: 12 characters.`,
		},
		{
			"rule at nothing known", &api.Problem{Status: 422, Errors: field("body.colour", "is unknown")},
			path.Empty(), "body.colour: is unknown.",
		},
		{
			"missing scope", &api.Problem{Status: 403, Detail: "the token may not do this"}, path.Empty(),
			"the token may not do this. This needs a token with the scope channels:rw.",
		},
		{"unknown token", &api.Problem{Status: 401, Detail: "unknown token"}, path.Empty(), "The token was not accepted"},
		{
			"echoed secret", &api.Problem{Status: 422, Detail: "x", Errors: field("body.name", "got "+plantedSecret)},
			path.Root("name"), "got [redacted]",
		},
		{"echoed admin token", &api.Problem{Status: 500, Detail: "Bearer " + fakeToken}, path.Empty(), "Bearer [redacted]"},
		{"cut secret", &api.Problem{Status: 500, Detail: "got " + plantedSecret[:20] + "…"}, path.Empty(), "got [redacted]…"},
		{"long text", &api.Problem{Status: 500, Detail: strings.Repeat("long ", 2000)}, path.Empty(), "long long"},
		{"older gateway", &api.Problem{Status: 404, Title: "Not Found"}, path.Empty(), "older than this provider needs"},
		{"no answer", &api.TransportError{Err: errors.New("connection refused")}, path.Empty(), "http://127.0.0.1:1"},
		{"redirect", &api.Problem{Status: 307}, path.Empty(), "redirects"},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			t.Parallel()
			s := sceneOf(t)
			s.fixed = true
			diags := s.report(t.Context(), tt.err)
			require.Len(t, diags, 1)
			require.Contains(t, diags[0].Detail(), tt.text)
			require.NotContains(t, diags[0].Detail(), plantedSecret)
			require.NotContains(t, diags[0].Detail(), plantedSecret[:12])
			require.NotContains(t, diags[0].Detail(), fakeToken)
			require.LessOrEqual(t, len(diags[0].Summary())+len(diags[0].Detail()), maxText)
			if at, ok := diags[0].(diag.DiagnosticWithPath); ok {
				require.Equal(t, tt.at.String(), at.Path().String())
			} else {
				require.Equal(t, path.Empty(), tt.at)
			}
		})
	}
}

func TestOneWarningPerRun(t *testing.T) {
	t.Parallel()
	s := sceneOf(t)
	r := &twilioResource{}
	r.conn = s.conn
	down := &api.TransportError{Err: errors.New("connection refused")}
	require.Equal(t, 1, r.verdict(t.Context(), s, down).WarningsCount())
	require.Empty(t, r.verdict(t.Context(), s, down))
	conflict := r.verdict(t.Context(), s, &api.Problem{Status: 409, Detail: "taken"})
	require.False(t, conflict.HasError(), "this run may free the name")
	require.True(t, r.verdict(t.Context(), s, &api.Problem{Status: 422, Detail: "wrong"}).HasError())
}

func TestLocate(t *testing.T) {
	t.Parallel()
	object := func(members map[string]tftypes.Value) tftypes.Value {
		attributeTypes := map[string]tftypes.Type{}
		for name, v := range members {
			attributeTypes[name] = v.Type()
		}
		return tftypes.NewValue(tftypes.Object{AttributeTypes: attributeTypes}, members)
	}
	desk := object(map[string]tftypes.Value{"destination": str("+1")})
	values := object(map[string]tftypes.Value{
		"name": str("x"),
		"tags": tftypes.NewValue(tftypes.Set{ElementType: tftypes.String}, []tftypes.Value{str("a")}),
		"list": tftypes.NewValue(tftypes.List{ElementType: tftypes.String}, []tftypes.Value{str("a"), str("b")}),
		"transfers": tftypes.NewValue(tftypes.Map{ElementType: desk.Type()}, map[string]tftypes.Value{
			"desk": desk,
		}),
		"voice": tftypes.NewValue(tftypes.Object{}, nil),
	})
	tests := []struct{ location, want string }{
		{"body.name", "name"},
		{"name", "name"},
		{"body.tags[0]", "tags"},
		{"body.list[1]", "list[1]"},
		{"body.list[7]", "list"},
		{"body.transfers.desk.destination", `transfers["desk"].destination`},
		{"body.transfers.gone.destination", "transfers"},
		{"body.voice.id", "voice"},
		{"body.unknown", ""},
		{"body", ""},
		{"", ""},
		{"..[][x].", ""},
	}
	for _, tt := range tests {
		t.Run(tt.location, func(t *testing.T) {
			t.Parallel()
			got, _ := locate(values, tt.location)
			require.Equal(t, tt.want, got.String())
		})
	}
}

func FuzzLocate(f *testing.F) {
	f.Add("body.list[1]")
	f.Add("body.transfers.desk[")
	list := tftypes.List{ElementType: tftypes.String}
	values := tftypes.NewValue(tftypes.Object{AttributeTypes: map[string]tftypes.Type{"list": list}},
		map[string]tftypes.Value{"list": tftypes.NewValue(list, []tftypes.Value{str("a")})})
	f.Fuzz(func(_ *testing.T, location string) { locate(values, location) })
}
