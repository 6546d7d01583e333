// Package oauth is the OAuth2 token endpoint of the gateway: platforms whose
// channels are clients (channel.OAuthClient) exchange client id and secret for
// a short-lived access token (RFC 6749 client credentials, RFC 9068 profile),
// and the gateway verifies such tokens with Verifier.
//
// Keys are shared by all nodes through the store. Issuing and verifying work
// from memory: they go on while the database is away, revoking does not.
//
// Out of scope: other grants, private_key_jwt and TLS client authentication,
// introspection, OpenID Connect, keys in a KMS.
package oauth
