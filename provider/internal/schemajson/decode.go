package schemajson

import (
	"fmt"
	"maps"
	"slices"

	"github.com/hashicorp/terraform-plugin-go/tfprotov6"
	"github.com/hashicorp/terraform-plugin-go/tftypes"
)

var blockNesting = map[string]tfprotov6.SchemaNestedBlockNestingMode{
	"single": tfprotov6.SchemaNestedBlockNestingModeSingle,
	"list":   tfprotov6.SchemaNestedBlockNestingModeList,
	"set":    tfprotov6.SchemaNestedBlockNestingModeSet,
	"map":    tfprotov6.SchemaNestedBlockNestingModeMap,
	"group":  tfprotov6.SchemaNestedBlockNestingModeGroup,
}

var objectNesting = map[string]tfprotov6.SchemaObjectNestingMode{
	"single": tfprotov6.SchemaObjectNestingModeSingle,
	"list":   tfprotov6.SchemaObjectNestingModeList,
	"set":    tfprotov6.SchemaObjectNestingModeSet,
	"map":    tfprotov6.SchemaObjectNestingModeMap,
}

// Decode gives the protocol form of a schema; nil gives an empty one.
func Decode(s *Schema) (*tfprotov6.Schema, error) {
	if s == nil {
		return &tfprotov6.Schema{Block: &tfprotov6.SchemaBlock{}}, nil
	}
	block, err := decodeBlock(s.Block)
	if err != nil {
		return nil, err
	}
	return &tfprotov6.Schema{Version: s.Version, Block: block}, nil
}

func decodeBlock(b *Block) (*tfprotov6.SchemaBlock, error) {
	attributes, err := decodeAttributes(b.Attributes)
	if err != nil {
		return nil, err
	}
	out := &tfprotov6.SchemaBlock{
		Attributes:      attributes,
		Description:     b.Description,
		DescriptionKind: decodeKind(b.DescriptionKind),
		Deprecated:      b.Deprecated,
	}
	for _, name := range slices.Sorted(maps.Keys(b.Blocks)) {
		nested := b.Blocks[name]
		mode, ok := blockNesting[nested.Nesting]
		if !ok {
			return nil, fmt.Errorf("block %q: unknown nesting mode %q", name, nested.Nesting)
		}
		block, err := decodeBlock(nested.Block)
		if err != nil {
			return nil, fmt.Errorf("block %q: %w", name, err)
		}
		out.BlockTypes = append(out.BlockTypes, &tfprotov6.SchemaNestedBlock{
			TypeName: name, Block: block, Nesting: mode, MinItems: nested.MinItems, MaxItems: nested.MaxItems,
		})
	}
	return out, nil
}

func decodeAttributes(attributes map[string]*Attribute) ([]*tfprotov6.SchemaAttribute, error) {
	var out []*tfprotov6.SchemaAttribute
	for _, name := range slices.Sorted(maps.Keys(attributes)) {
		a := attributes[name]
		decoded := &tfprotov6.SchemaAttribute{
			Name:            name,
			Description:     a.Description,
			DescriptionKind: decodeKind(a.DescriptionKind),
			Deprecated:      a.Deprecated,
			Required:        a.Required,
			Optional:        a.Optional,
			Computed:        a.Computed,
			Sensitive:       a.Sensitive,
			WriteOnly:       a.WriteOnly,
		}
		var err error
		if a.Nested != nil {
			decoded.NestedType, err = decodeNested(a.Nested)
		} else {
			//nolint:staticcheck // deprecated for its unstable format; this is the format that Terraform prints
			decoded.Type, err = tftypes.ParseJSONType(a.Type)
		}
		if err != nil {
			return nil, fmt.Errorf("attribute %q: %w", name, err)
		}
		out = append(out, decoded)
	}
	return out, nil
}

func decodeNested(n *Nested) (*tfprotov6.SchemaObject, error) {
	mode, ok := objectNesting[n.Nesting]
	if !ok {
		return nil, fmt.Errorf("unknown nesting mode %q", n.Nesting)
	}
	attributes, err := decodeAttributes(n.Attributes)
	if err != nil {
		return nil, err
	}
	return &tfprotov6.SchemaObject{Attributes: attributes, Nesting: mode}, nil
}

func decodeKind(kind string) tfprotov6.StringKind {
	if kind == "markdown" {
		return tfprotov6.StringKindMarkdown
	}
	return tfprotov6.StringKindPlain
}
