package signature

import "time"

// Reason is the stable word of why a request is refused.
type Reason string

// Reasons. What the client is told is the same for all of them.
const (
	ReasonUnsigned     Reason = "unsigned"               // neither header field
	ReasonMalformed    Reason = "signature_malformed"    // not the two fields of RFC 8941, or of two labels
	ReasonAmbiguous    Reason = "signature_ambiguous"    // more than one label
	ReasonLength       Reason = "signature_length"       // not 32 bytes
	ReasonComponent    Reason = "component_unknown"      // a name this verifier does not resolve
	ReasonDuplicate    Reason = "component_duplicate"    // a component that is listed twice
	ReasonComponentArg Reason = "component_parameter"    // a component with parameters
	ReasonMissing      Reason = "component_missing"      // one of Required is not signed
	ReasonUnresolvable Reason = "component_unresolvable" // a signed header field is absent or empty
	ReasonParameter    Reason = "parameter_unknown"      // a parameter that is not known
	ReasonType         Reason = "parameter_type"         // a parameter of another type, or a negative time
	ReasonKeyID        Reason = "keyid_mismatch"         // keyid is not the X-API-KEY
	ReasonNoNonce      Reason = "nonce_missing"
	ReasonShortNonce   Reason = "nonce_short"     // below MinNonce
	ReasonAlgorithm    Reason = "alg_unsupported" // not hmac-sha256
	ReasonNoCreated    Reason = "created_missing"
	ReasonUnknownKey   Reason = "key_unknown"
	ReasonEmptySecret  Reason = "secret_empty" // a key without a secret
	ReasonMismatch     Reason = "signature_mismatch"
	ReasonTooOld       Reason = "created_too_old"   // RefusedError.Offset
	ReasonTooNew       Reason = "created_in_future" // RefusedError.Offset
	ReasonExpired      Reason = "expired"           // RefusedError.Offset
	ReasonReplay       Reason = "replay"            // for the caller, who knows the nonces
)

// RefusedError says why a request is refused.
type RefusedError struct {
	Reason Reason
	// Offset is by how much the signer's clock seems to be ahead of this one;
	// set when the signature is good and only its time is not.
	Offset time.Duration
}

// Error implements error.
func (e *RefusedError) Error() string { return "signature refused: " + string(e.Reason) }

// Clock reports whether the request was refused for its time alone.
func (e *RefusedError) Clock() bool {
	return e.Reason == ReasonTooOld || e.Reason == ReasonTooNew || e.Reason == ReasonExpired
}

func refused(r Reason) error { return &RefusedError{Reason: r} }
