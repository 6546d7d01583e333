// Package digest is SIP's digest authentication (RFC 7616 with the algorithms
// of RFC 8760, in SIP by RFC 3261 section 22): headers, responses, and nonces
// that nothing is remembered of until somebody has proved to know a password.
package digest
