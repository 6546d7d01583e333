package twilio

import (
	"context"
	"errors"
	"fmt"
	"io"
	"log/slog"
	"net"
	"net/http"
	"net/url"
	"time"

	"github.com/va-gateway/terraform-provider-va/gateway/api"
	"github.com/va-gateway/terraform-provider-va/gateway/internal/channel"
)

// maxBody bounds a webhook's body in bytes.
const maxBody = 64 << 10

// Reasons why a request is refused, besides those of a signature.
const (
	reasonUnknownChannel = "unknown_channel"
	reasonBodyTooLarge   = "body_too_large"
	reasonBodyUnread     = "body_incomplete"
	reasonNoCall         = "call_sid_missing"
)

type handler struct {
	g     channel.Gateway
	rest  rest
	turns *turns
	wait  time.Duration // for the question that turns wait for
}

// request is a webhook whose signature is good.
type request struct {
	*http.Request
	live *channel.Live
	form url.Values // every parameter; only known ones are used
}

// callSID is the platform's id of the call the request is about.
func (r *request) callSID() string { return r.form.Get("CallSid") }

// ownNumber is the account's own number of the call.
func (r *request) ownNumber() string {
	return ownNumber(r.form.Get("Direction"), r.form.Get("From"), r.form.Get("To"))
}

// webhook authenticates a request and answers it with the TwiML of serve. A
// good request is never answered with a 5xx: Twilio would then leave the
// caller to its own error text.
func (h *handler) webhook(step string, serve func(*request) (twiml, error)) http.HandlerFunc {
	return func(w http.ResponseWriter, r *http.Request) {
		live, ok := h.channel(w, r, step)
		if !ok {
			return
		}
		if _, reason := presented(r); reason != "" {
			h.refuseSignature(w, r, live, step, reason)
			return
		}
		body, err := io.ReadAll(http.MaxBytesReader(w, r.Body, maxBody))
		var tooLarge *http.MaxBytesError
		switch {
		case errors.As(err, &tooLarge):
			h.refuse(w, r, live.ID, http.StatusRequestEntityTooLarge, channel.Refusal{
				Step: step, Reason: reasonBodyTooLarge, Detail: fmt.Sprintf("more than %d bytes", maxBody),
			})
			return
		case err != nil:
			h.refuse(w, r, live.ID, http.StatusBadRequest, channel.Refusal{Step: step, Reason: reasonBodyUnread})
			return
		}
		tokens := live.Secrets(tokenSecret, h.g.Now())
		if reason := verify(r, body, h.bases(false), tokens); reason != "" {
			h.refuseSignature(w, r, live, step, reason)
			return
		}
		form, err := url.ParseQuery(string(body))
		if err != nil || !validSID(form.Get("CallSid")) {
			h.refuse(w, r, live.ID, http.StatusBadRequest, channel.Refusal{
				Step: step, Reason: reasonNoCall, Detail: "the form has no valid CallSid",
			})
			return
		}
		if want := account(live); want != "" && form.Get("AccountSid") != want {
			h.refuse(w, r, live.ID, http.StatusForbidden, channel.Refusal{
				Step: step, Reason: reasonAccountMismatch, Auth: true, Detail: "the request is of another account than account_sid",
			})
			return
		}
		answer, err := serve(&request{Request: r, live: live, form: form})
		if err != nil {
			h.log(live).Error("webhook answered with the fallback", "step", step, "error", err)
		}
		h.answer(w, answer)
	}
}

func (h *handler) channel(w http.ResponseWriter, r *http.Request, step string) (*channel.Live, bool) {
	live, ok := h.g.Channel(api.KindTwilio, r.PathValue("id"))
	if !ok {
		h.refuse(w, r, "", http.StatusNotFound, channel.Refusal{Step: step, Reason: reasonUnknownChannel})
	}
	return live, ok
}

func (h *handler) bases(upgrade bool) []string {
	return signedBases(h.g.Endpoints().PublicURL, upgrade)
}

func (h *handler) refuseSignature(w http.ResponseWriter, r *http.Request, live *channel.Live, step, reason string) {
	refusal := channel.Refusal{Step: step, Reason: reason, Auth: true}
	if reason == reasonMismatch {
		refusal.Detail = fmt.Sprintf(
			"expected a signature over %s with this channel's authentication_token; the request came for host %.100q",
			h.bases(step == stepMedia || step == stepMediaURL)[0]+shown(r, live.ID, step), r.Host)
	}
	h.refuse(w, r, live.ID, http.StatusForbidden, refusal)
}

// shown is a request target for people. A media target is made up anew: masked
// would not find a ticket behind a path written with escapes.
func shown(r *http.Request, channelID, step string) string {
	switch at := "/c/" + api.KindTwilio + "/" + channelID + "/" + stepMedia; step {
	case stepMedia:
		return at + "/{ticket}"
	case stepMediaURL:
		return at
	}
	return masked(r.RequestURI)
}

// refuse records a refused request and answers it with an empty body.
func (h *handler) refuse(w http.ResponseWriter, r *http.Request, channelID string, status int, f channel.Refusal) {
	h.record(r, channelID, f)
	w.WriteHeader(status)
}

func (h *handler) record(r *http.Request, channelID string, f channel.Refusal) {
	f.Remote = r.RemoteAddr
	if host, _, err := net.SplitHostPort(r.RemoteAddr); err == nil {
		f.Remote = host
	}
	h.g.Refuse(context.WithoutCancel(r.Context()), channelID, f)
}

func (h *handler) answer(w http.ResponseWriter, t twiml) {
	w.Header().Set("Content-Type", "text/xml; charset=utf-8")
	w.Header().Set("Cache-Control", "no-store") // the ticket inside is single-use
	_, _ = w.Write(t.marshal())                 // a lost client asks again
}

func (h *handler) log(live *channel.Live) *slog.Logger {
	return h.g.Log().With("channel_id", live.ID, "kind", live.Kind)
}

// validSID bounds an id of the platform; its form is not promised.
func validSID(s string) bool {
	if len(s) < 1 || len(s) > 64 {
		return false
	}
	for i := range len(s) {
		c := s[i]
		if (c < '0' || c > '9') && (c < 'A' || c > 'Z') && (c < 'a' || c > 'z') {
			return false
		}
	}
	return true
}
