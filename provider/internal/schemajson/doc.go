// Package schemajson translates between a provider's schema as protocol 6
// carries it and the JSON form that `terraform providers schema -json` prints.
//
// The documentation generator writes this form, so that it needs no Terraform
// binary; the schema-only provider for examples reads it.
// https://developer.hashicorp.com/terraform/cli/commands/providers/schema
package schemajson
