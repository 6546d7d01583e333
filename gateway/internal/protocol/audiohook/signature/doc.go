// Package signature verifies, and for test calls makes, the signature of an
// AudioHook upgrade request: HMAC-SHA256 over the components that its
// Signature-Input lists.
//
// Sources: https://datatracker.ietf.org/doc/html/draft-ietf-httpbis-message-signatures-11
// (component names and base string; later drafts differ),
// https://datatracker.ietf.org/doc/html/rfc8941 (syntax of both header fields),
// https://developer.genesys.cloud/devapps/audiohook/security (what Genesys
// signs). The time window and the refusal of everything unknown are this
// project's.
package signature
