package oauth

// Class says which check refused a token. It is a label of
// va_tokens_refused_total.
type Class string

// Classes of refused tokens, in the order of the checks.
const (
	ClassSize      Class = "size"      // longer than any token of this gateway
	ClassMalformed Class = "malformed" // not a JWT in compact form (RFC 7519)
	ClassHeader    Class = "header"    // a header member beside alg, typ and kid, or one twice
	ClassAlgorithm Class = "alg"       // not ES256
	ClassType      Class = "typ"       // not at+jwt (RFC 9068)
	ClassKey       Class = "kid"       // not one of the gateway's keys
	ClassSignature Class = "signature"
	ClassClaims    Class = "claims" // a claim is missing, unknown, given twice or of a wrong type
	ClassIssuer    Class = "iss"
	ClassAudience  Class = "aud"
	ClassExpired   Class = "exp"
	ClassNotYet    Class = "nbf"
	ClassRevoked   Class = "revoked"
	ClassClient    Class = "client" // the channel is gone or disabled
	ClassScope     Class = "scope"  // the token does not carry the scope
)

// RefusedError is a token that was refused.
type RefusedError struct {
	Class Class
}

// Error implements error.
func (e *RefusedError) Error() string { return "access token refused: " + string(e.Class) }
