package schemajson

import "encoding/json"

// FormatVersion is the version of the JSON form written here.
const FormatVersion = "1.0"

// Providers is the whole document: providers by source address.
type Providers struct {
	FormatVersion string               `json:"format_version"`
	Providers     map[string]*Provider `json:"provider_schemas"`
}

// Provider is everything one provider offers, by type name.
type Provider struct {
	Config      *Schema              `json:"provider,omitempty"`
	Resources   map[string]*Schema   `json:"resource_schemas,omitempty"`
	DataSources map[string]*Schema   `json:"data_source_schemas,omitempty"`
	Ephemerals  map[string]*Schema   `json:"ephemeral_resource_schemas,omitempty"`
	Identities  map[string]*Identity `json:"resource_identity_schemas,omitempty"`
}

// Schema is one object's schema.
type Schema struct {
	Version int64  `json:"version"`
	Block   *Block `json:"block"`
}

// Block is a list of attributes and nested blocks.
type Block struct {
	Attributes      map[string]*Attribute   `json:"attributes,omitempty"`
	Blocks          map[string]*NestedBlock `json:"block_types,omitempty"`
	Description     string                  `json:"description,omitempty"`
	DescriptionKind string                  `json:"description_kind,omitempty"`
	Deprecated      bool                    `json:"deprecated,omitempty"`
}

// Attribute has either a Type or a Nested type.
type Attribute struct {
	Type            json.RawMessage `json:"type,omitempty"`
	Nested          *Nested         `json:"nested_type,omitempty"`
	Description     string          `json:"description,omitempty"`
	DescriptionKind string          `json:"description_kind,omitempty"`
	Deprecated      bool            `json:"deprecated,omitempty"`
	Required        bool            `json:"required,omitempty"`
	Optional        bool            `json:"optional,omitempty"`
	Computed        bool            `json:"computed,omitempty"`
	Sensitive       bool            `json:"sensitive,omitempty"`
	WriteOnly       bool            `json:"write_only,omitempty"`
}

// Nested is the type of an attribute that has attributes.
type Nested struct {
	Attributes map[string]*Attribute `json:"attributes"`
	Nesting    string                `json:"nesting_mode"`
}

// NestedBlock is a block inside a block.
type NestedBlock struct {
	Block    *Block `json:"block"`
	Nesting  string `json:"nesting_mode"`
	MinItems int64  `json:"min_items,omitempty"`
	MaxItems int64  `json:"max_items,omitempty"`
}

// Identity is a resource's identity.
type Identity struct {
	Version    int64                         `json:"version"`
	Attributes map[string]*IdentityAttribute `json:"attributes"`
}

// IdentityAttribute is one part of an identity.
type IdentityAttribute struct {
	Type              json.RawMessage `json:"type"`
	Description       string          `json:"description,omitempty"`
	RequiredForImport bool            `json:"required_for_import,omitempty"`
	OptionalForImport bool            `json:"optional_for_import,omitempty"`
}
