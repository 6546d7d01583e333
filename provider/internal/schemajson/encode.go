package schemajson

import (
	"encoding/json"
	"fmt"
	"strings"

	"github.com/hashicorp/terraform-plugin-go/tfprotov6"
	"github.com/hashicorp/terraform-plugin-go/tftypes"
)

// Encode gives the JSON form of a provider's own answers. It refuses what the
// form of this package cannot hold, so that nothing is left out silently.
func Encode(
	schema *tfprotov6.GetProviderSchemaResponse,
	identities *tfprotov6.GetResourceIdentitySchemasResponse,
) (*Provider, error) {
	for _, d := range append(schema.Diagnostics, identities.Diagnostics...) {
		if d.Severity == tfprotov6.DiagnosticSeverityError {
			return nil, fmt.Errorf("provider schema: %s: %s", d.Summary, d.Detail)
		}
	}
	more := len(schema.Functions) + len(schema.ActionSchemas) + len(schema.ListResourceSchemas)
	if more+len(schema.StateStoreSchemas) > 0 {
		return nil, fmt.Errorf("provider schema: functions, actions, list resources and state stores have no form here yet")
	}
	p := &Provider{
		Config:      encodeSchema(schema.Provider),
		Resources:   encodeSchemas(schema.ResourceSchemas),
		DataSources: encodeSchemas(schema.DataSourceSchemas),
		Ephemerals:  encodeSchemas(schema.EphemeralResourceSchemas),
		Identities:  map[string]*Identity{},
	}
	for name, identity := range identities.IdentitySchemas {
		p.Identities[name] = encodeIdentity(identity)
	}
	return p, nil
}

func encodeSchemas(schemas map[string]*tfprotov6.Schema) map[string]*Schema {
	out := make(map[string]*Schema, len(schemas))
	for name, schema := range schemas {
		out[name] = encodeSchema(schema)
	}
	return out
}

func encodeSchema(s *tfprotov6.Schema) *Schema {
	if s == nil {
		return nil
	}
	return &Schema{Version: s.Version, Block: encodeBlock(s.Block)}
}

func encodeBlock(b *tfprotov6.SchemaBlock) *Block {
	out := &Block{
		Attributes:      encodeAttributes(b.Attributes),
		Description:     b.Description,
		DescriptionKind: encodeKind(b.DescriptionKind),
		Deprecated:      b.Deprecated,
	}
	for _, nested := range b.BlockTypes {
		if out.Blocks == nil {
			out.Blocks = map[string]*NestedBlock{}
		}
		out.Blocks[nested.TypeName] = &NestedBlock{
			Block:    encodeBlock(nested.Block),
			Nesting:  strings.ToLower(nested.Nesting.String()),
			MinItems: nested.MinItems,
			MaxItems: nested.MaxItems,
		}
	}
	return out
}

func encodeAttributes(attributes []*tfprotov6.SchemaAttribute) map[string]*Attribute {
	out := make(map[string]*Attribute, len(attributes))
	for _, a := range attributes {
		encoded := &Attribute{
			Description:     a.Description,
			DescriptionKind: encodeKind(a.DescriptionKind),
			Deprecated:      a.Deprecated,
			Required:        a.Required,
			Optional:        a.Optional,
			Computed:        a.Computed,
			Sensitive:       a.Sensitive,
			WriteOnly:       a.WriteOnly,
		}
		if a.NestedType != nil {
			encoded.Nested = &Nested{
				Attributes: encodeAttributes(a.NestedType.Attributes),
				Nesting:    strings.ToLower(a.NestedType.Nesting.String()),
			}
		} else {
			encoded.Type = encodeType(a.Type)
		}
		out[a.Name] = encoded
	}
	return out
}

func encodeIdentity(i *tfprotov6.ResourceIdentitySchema) *Identity {
	out := &Identity{Version: i.Version, Attributes: map[string]*IdentityAttribute{}}
	for _, a := range i.IdentityAttributes {
		out.Attributes[a.Name] = &IdentityAttribute{
			Type:              encodeType(a.Type),
			Description:       a.Description,
			RequiredForImport: a.RequiredForImport,
			OptionalForImport: a.OptionalForImport,
		}
	}
	return out
}

func encodeType(t tftypes.Type) json.RawMessage {
	data, _ := json.Marshal(t) // a type always has a JSON form
	return data
}

func encodeKind(k tfprotov6.StringKind) string {
	if k == tfprotov6.StringKindMarkdown {
		return "markdown"
	}
	return "plain"
}
