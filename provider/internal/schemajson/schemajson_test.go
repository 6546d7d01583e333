package schemajson_test

import (
	"encoding/json"
	"testing"

	"github.com/google/go-cmp/cmp"
	"github.com/hashicorp/terraform-plugin-go/tfprotov6"
	"github.com/hashicorp/terraform-plugin-go/tftypes"
	"github.com/stretchr/testify/require"

	"github.com/va-gateway/terraform-provider-va/provider/internal/schemajson"
)

func sample() *tfprotov6.Schema {
	text := []*tfprotov6.SchemaAttribute{{Name: "text", Type: tftypes.String, Optional: true, Computed: true}}
	return &tfprotov6.Schema{Version: 3, Block: &tfprotov6.SchemaBlock{
		Description:     "An **object**.",
		DescriptionKind: tfprotov6.StringKindMarkdown,
		Attributes: []*tfprotov6.SchemaAttribute{
			{Name: "id", Type: tftypes.String, Computed: true, Description: "Identifier."},
			{Name: "key_wo", Type: tftypes.String, Optional: true, Sensitive: true, WriteOnly: true},
			{
				Name:       "members",
				NestedType: &tfprotov6.SchemaObject{Attributes: text, Nesting: tfprotov6.SchemaObjectNestingModeMap},
				Required:   true,
			},
			{Name: "tags", Type: tftypes.Set{ElementType: tftypes.String}, Optional: true, Deprecated: true},
		},
		BlockTypes: []*tfprotov6.SchemaNestedBlock{{
			TypeName: "timeouts",
			Nesting:  tfprotov6.SchemaNestedBlockNestingModeSingle,
			Block:    &tfprotov6.SchemaBlock{Attributes: text},
			MaxItems: 1,
		}},
	}}
}

func TestSchemaSurvivesTheRoundTrip(t *testing.T) {
	t.Parallel()
	encoded, err := schemajson.Encode(
		&tfprotov6.GetProviderSchemaResponse{ResourceSchemas: map[string]*tfprotov6.Schema{"x_thing": sample()}},
		&tfprotov6.GetResourceIdentitySchemasResponse{},
	)
	require.NoError(t, err)
	data, err := json.Marshal(encoded)
	require.NoError(t, err)
	var read schemajson.Provider
	require.NoError(t, json.Unmarshal(data, &read))

	decoded, err := schemajson.Decode(read.Resources["x_thing"])
	require.NoError(t, err)
	require.Empty(t, cmp.Diff(sample(), decoded))
}

func TestEncodeWritesWhatTerraformPrints(t *testing.T) {
	t.Parallel()
	encoded, err := schemajson.Encode(
		&tfprotov6.GetProviderSchemaResponse{ResourceSchemas: map[string]*tfprotov6.Schema{"x_thing": sample()}},
		&tfprotov6.GetResourceIdentitySchemasResponse{IdentitySchemas: map[string]*tfprotov6.ResourceIdentitySchema{
			"x_thing": {IdentityAttributes: []*tfprotov6.ResourceIdentitySchemaAttribute{
				{Name: "id", Type: tftypes.String, RequiredForImport: true, Description: "Identifier."},
			}},
		}},
	)
	require.NoError(t, err)
	identity, err := json.Marshal(encoded.Identities)
	require.NoError(t, err)
	require.JSONEq(t, `{"x_thing": {"version": 0, "attributes": {"id": {
		"type": "string", "description": "Identifier.", "required_for_import": true}}}}`, string(identity))
	tags, err := json.Marshal(encoded.Resources["x_thing"].Block.Attributes["tags"])
	require.NoError(t, err)
	require.JSONEq(t, `{"type": ["set", "string"], "description_kind": "plain", "optional": true, "deprecated": true}`,
		string(tags))
}

func TestEncodeRefusesWhatItCannotHold(t *testing.T) {
	t.Parallel()
	cases := []struct {
		name   string
		schema tfprotov6.GetProviderSchemaResponse
		want   string
	}{
		{
			name:   "function",
			schema: tfprotov6.GetProviderSchemaResponse{Functions: map[string]*tfprotov6.Function{"f": {}}},
			want:   "have no form here yet",
		},
		{
			name: "broken schema",
			schema: tfprotov6.GetProviderSchemaResponse{Diagnostics: []*tfprotov6.Diagnostic{
				{Severity: tfprotov6.DiagnosticSeverityError, Summary: "Invalid schema", Detail: "two defaults"},
			}},
			want: "Invalid schema: two defaults",
		},
	}
	for _, c := range cases {
		t.Run(c.name, func(t *testing.T) {
			t.Parallel()
			_, err := schemajson.Encode(&c.schema, &tfprotov6.GetResourceIdentitySchemasResponse{})
			require.ErrorContains(t, err, c.want)
		})
	}
}

func TestDecodeNamesTheBadPart(t *testing.T) {
	t.Parallel()
	cases := []struct{ name, json, want string }{
		{"type", `{"block": {"attributes": {"a": {"type": "text"}}}}`, `attribute "a"`},
		{
			"nesting of an attribute",
			`{"block": {"attributes": {"a": {"nested_type": {"nesting_mode": "heap"}}}}}`,
			`attribute "a": unknown nesting mode "heap"`,
		},
		{
			"nesting of a block",
			`{"block": {"block_types": {"b": {"nesting_mode": "heap", "block": {}}}}}`,
			`block "b": unknown nesting mode "heap"`,
		},
	}
	for _, c := range cases {
		t.Run(c.name, func(t *testing.T) {
			t.Parallel()
			var schema schemajson.Schema
			require.NoError(t, json.Unmarshal([]byte(c.json), &schema))
			_, err := schemajson.Decode(&schema)
			require.ErrorContains(t, err, c.want)
		})
	}
}
