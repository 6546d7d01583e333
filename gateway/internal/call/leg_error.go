package call

// ReasonRevoked means that the channel was deleted or disabled during the call.
const ReasonRevoked Reason = "revoked"

// LegError is an error of Leg.Next that says why the call ends; any other one
// ends it with ReasonLegFailed.
type LegError struct {
	Reason Reason
	Err    error
}

// Error implements error.
func (e *LegError) Error() string { return e.Err.Error() }

// Unwrap serves package errors.
func (e *LegError) Unwrap() error { return e.Err }
