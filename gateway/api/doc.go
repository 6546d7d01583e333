// Package api is the contract between the gateway's admin API and its clients:
// wire structs, limits, identifiers, problems and the HTTP client.
//
// It is a leaf: it imports the standard library only, so that the Terraform
// provider can link it without linking any media code.
package api
