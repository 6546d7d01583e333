package twilio

import (
	"errors"
	"fmt"
	"maps"
	"slices"
	"strings"
	"time"

	"github.com/va-gateway/terraform-provider-va/gateway/internal/channel"
)

// mediaWait is how long the platform may take from the TwiML to the stream;
// the ticket lives as long.
const mediaWait = 60 * time.Second

// voice admits a call and sends its media here. Twilio repeats the request
// when the answer is lost: the same call gets a new ticket.
func (h *handler) voice(r *request) (twiml, error) {
	ctx := r.Context()
	callID, err := h.g.Offer(ctx, r.live, channel.Offer{
		ProviderCallID: r.callSID(),
		Account:        bounded(r.form.Get("AccountSid"), maxAddress),
		From:           bounded(r.form.Get("From"), maxAddress),
		To:             bounded(r.form.Get("To"), maxAddress),
		Vars:           variables(r),
		Wait:           mediaWait,
	})
	if refusal, ok := channel.OfferRefusal(stepVoice, err); ok {
		h.record(r.Request, r.live.ID, refusal)
	}
	switch {
	case errors.Is(err, channel.ErrBusy), errors.Is(err, channel.ErrDraining):
		return h.rescue(r, twiml{rejectVerb{}}), nil
	case errors.Is(err, channel.ErrInactive):
		return h.rescue(r, sayUnreachable()), nil
	case err != nil:
		return h.rescue(r, sayUnreachable()), fmt.Errorf("offer the call: %w", err)
	}
	ticket, err := h.g.Ticket(ctx, callID, mediaWait)
	if err != nil {
		return h.rescue(r, sayUnreachable()), fmt.Errorf("mint a ticket of call %s: %w", callID, err)
	}
	at := base(h.g.Endpoints(), r.live.ID)
	return twiml{
		connectVerb{
			Action: at + stepConnectAction,
			Method: "POST",
			Stream: streamNoun{
				// Twilio strips a query string, so the ticket is in the path.
				URL:                  strings.Replace(at, "http", "ws", 1) + stepMedia + "/" + ticket.Reveal(),
				Name:                 callID,
				StatusCallback:       at + stepStreamStatus,
				StatusCallbackMethod: "POST",
				Parameter:            parameterNoun{Name: "call", Value: callID},
			},
		},
		hangupVerb{}, // anything longer has kept calls open
	}, nil
}

// rescue rings the live agent for a call that is not taken.
func (h *handler) rescue(r *request, otherwise twiml) twiml {
	return h.liveAgentOr(r.live, r.ownNumber(), otherwise)
}

// voiceFallback answers when Twilio could not get an answer from voice.
func (h *handler) voiceFallback(r *request) (twiml, error) {
	h.log(r.live).Warn("twilio could not use the voice webhook", "reason", errorCode(r.form.Get("ErrorCode")))
	return h.rescue(r, sayUnreachable()), nil
}

// Bounds of what a call brings along: bytes of an address, of one variable
// and of all, and their number.
const (
	maxAddress   = 255
	maxVariable  = 500
	maxVariables = 32
)

// variables are what the assistant may know of the caller's place, and the
// X- headers of a call that came over SIP.
func variables(r *request) map[string]string {
	vars := map[string]string{}
	for parameter, name := range map[string]string{
		"FromCity": "from_city", "FromState": "from_state", "FromZip": "from_zip", "FromCountry": "from_country",
		"CallerName": "caller_name",
	} {
		if v := r.form.Get(parameter); v != "" {
			vars[name] = bounded(v, maxVariable)
		}
	}
	for _, parameter := range slices.Sorted(maps.Keys(r.form)) {
		header, ok := strings.CutPrefix(parameter, "SipHeader_X-")
		name := "sip_" + strings.ReplaceAll(strings.ToLower(header), "-", "_")
		if ok && validName(name) && len(vars) < maxVariables {
			vars[name] = bounded(r.form.Get(parameter), maxVariable)
		}
	}
	return vars
}

func validName(s string) bool {
	return len(s) <= 64 && !strings.ContainsFunc(s, func(c rune) bool {
		return (c < 'a' || c > 'z') && (c < '0' || c > '9') && c != '_'
	})
}

// bounded cuts to n bytes of text that every store takes: valid UTF-8 without
// NUL.
func bounded(s string, n int) string {
	return strings.ReplaceAll(strings.ToValidUTF8(s[:min(len(s), n)], ""), "\x00", "")
}

// errorCode keeps a vendor's error number and drops anything else.
func errorCode(s string) string {
	if s == "" || len(s) > 8 || strings.Trim(s, "0123456789") != "" {
		return "unknown"
	}
	return s
}
