package sdp

import "errors"

// Errors of descriptions that cannot be answered; the SIP answer is 488, for
// ErrMalformed 400.
var (
	ErrMalformed = errors.New("session description malformed")
	ErrCodec     = errors.New("no common codec")
	ErrAddress   = errors.New("media address not acceptable")
	ErrProfile   = errors.New("no audio stream with an acceptable profile")
	ErrSecure    = errors.New("SRTP required")
	ErrCrypto    = errors.New("no usable SRTP key")
)

// Reason is the stable word for an error of this package, "" for others.
func Reason(err error) string {
	for _, r := range []struct {
		err  error
		word string
	}{
		{ErrMalformed, "sdp_malformed"},
		{ErrCodec, "sdp_codec"},
		{ErrAddress, "sdp_address"},
		{ErrProfile, "sdp_profile"},
		{ErrSecure, "srtp_required"},
		{ErrCrypto, "sdp_crypto"},
	} {
		if errors.Is(err, r.err) {
			return r.word
		}
	}
	return ""
}
