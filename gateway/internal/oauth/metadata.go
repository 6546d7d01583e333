package oauth

import "github.com/va-gateway/terraform-provider-va/gateway/internal/channel"

// metadata describes the endpoint to clients (RFC 8414 section 2).
type metadata struct {
	Issuer         string   `json:"issuer"`
	TokenURL       string   `json:"token_endpoint"`
	TokenAuth      []string `json:"token_endpoint_auth_methods_supported"`
	RevocationURL  string   `json:"revocation_endpoint"`
	RevocationAuth []string `json:"revocation_endpoint_auth_methods_supported"`
	KeysURL        string   `json:"jwks_uri"`
	GrantTypes     []string `json:"grant_types_supported"`
	ResponseTypes  []string `json:"response_types_supported"` // required, and none
	Scopes         []string `json:"scopes_supported"`
}

func (e *Endpoint) metadata() metadata {
	auth := []string{"client_secret_basic", "client_secret_post"}
	return metadata{
		Issuer:   e.Issuer,
		TokenURL: e.Issuer + pathToken, TokenAuth: auth,
		RevocationURL: e.Issuer + pathRevoke, RevocationAuth: auth,
		KeysURL: e.Issuer + pathKeys, GrantTypes: []string{"client_credentials"}, ResponseTypes: []string{},
		Scopes: []string{
			channel.ScopeContextWrite, channel.ScopeContextRead, channel.ScopeStreamConnect, channel.ScopeWebRTCToken,
		},
	}
}
