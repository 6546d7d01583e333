package sipua

import (
	"fmt"
	"strconv"

	"github.com/emiago/sipgo/sip"
)

// Refusal is why a request is not served. It is an error, too, so that a Media
// can say why it takes no offer.
type Refusal struct {
	Status int    // of the response; 0 for silence
	Reason string // one stable word
	Detail string // what was wanted, without secrets; goes out as Warning
	// Retry is the Retry-After of the response in seconds.
	Retry   int
	headers []sip.Header
}

// Error implements error.
func (r *Refusal) Error() string {
	return fmt.Sprintf("refused with %d (%s): %s", r.Status, r.Reason, r.Detail)
}

// Reasons of refusals. Those of package gate are used as well.
const (
	ReasonMalformed       = "malformed"
	ReasonMethod          = "method"
	ReasonVersion         = "version"
	ReasonScheme          = "scheme"
	ReasonExtension       = "extension"
	ReasonBody            = "body"
	ReasonTokenMissing    = "token_missing"
	ReasonTokenUnknown    = "token_unknown"
	ReasonTokenSource     = "token_source"
	ReasonTLS             = "tls_required"
	ReasonDigestMissing   = "digest_missing" // how every call of such a trunk begins
	ReasonDigestMalformed = "digest_malformed"
	ReasonDigestBad       = "digest_bad"
	ReasonDigestStale     = "digest_stale"
	ReasonDigestReplay    = "digest_replay"
	ReasonInactive        = "inactive"
	ReasonCap             = "cap"
	ReasonUnacked         = "unacked"
	ReasonDraining        = "draining"
	ReasonMerged          = "merged"
	ReasonDialog          = "dialog_unknown"
	ReasonSequence        = "sequence"
	ReasonPending         = "pending"
	ReasonOverload        = "overload"
	ReasonSessionInterval = "session_interval"
	ReasonEvent           = "event"
	ReasonFault           = "fault"
)

// retryLater is the Retry-After of a refusal that will pass, in seconds.
const retryLater = 5

var phrases = map[int]string{
	100: "Trying", 180: "Ringing", 200: "OK", 400: "Bad Request", 401: "Unauthorized",
	403: "Forbidden", 405: "Method Not Allowed",
	406: "Not Acceptable", 415: "Unsupported Media Type", 416: "Unsupported URI Scheme", 420: "Bad Extension",
	422: "Session Interval Too Small", 480: "Temporarily Unavailable", 481: "Call/Transaction Does Not Exist",
	482: "Loop Detected", 486: "Busy Here", 487: "Request Terminated", 488: "Not Acceptable Here", 489: "Bad Event",
	491: "Request Pending", 500: "Server Internal Error", 501: "Not Implemented", 503: "Service Unavailable",
	505: "Version Not Supported", 603: "Decline",
}

func phrase(status int) string {
	if p, ok := phrases[status]; ok {
		return p
	}
	return "Refused"
}

// fields are the headers that explain a refusal.
func (s *Server) fields(r *Refusal) []sip.Header {
	all := r.headers
	if r.Status == sip.StatusMethodNotAllowed {
		all = append(all, sip.NewHeader("Allow", allow))
	}
	if r.Retry > 0 {
		all = append(all, sip.NewHeader("Retry-After", strconv.Itoa(r.Retry)))
	}
	if r.Detail != "" {
		// RFC 3261 section 20.43: 399 is for anything else.
		all = append(all, sip.NewHeader("Warning", fmt.Sprintf("399 %s %q", s.Host, printable(r.Detail))))
	}
	return all
}
