package channel

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"net/http"
	"time"

	"github.com/va-gateway/terraform-provider-va/gateway/api"
	"github.com/va-gateway/terraform-provider-va/gateway/internal/call"
	"github.com/va-gateway/terraform-provider-va/gateway/internal/secret"
)

// Errors of Gateway.Offer. Each kind answers them its platform's way.
var (
	ErrInactive = errors.New("the channel or its assistant is inactive")
	ErrBusy     = errors.New("the gateway is at its call limit")
	// ErrChannelBusy is an ErrBusy, too: a platform need not know which limit
	// it was.
	ErrChannelBusy = fmt.Errorf("%w: that of the channel", ErrBusy)
	ErrDraining    = errors.New("the gateway is shutting down")
	ErrNotFound    = errors.New("not found")
)

// Gateway is what a kind may ask of the gateway. Implemented by package
// server; channeltest runs every kind against the real one.
type Gateway interface {
	// Channel finds a configured channel in memory.
	Channel(kind, id string) (*Live, bool)
	// Presented finds the credentials of a kind by the value of one of its
	// Indexed secrets, in memory: current ones, and replaced ones until
	// rotation_overlap is over.
	Presented(kind, name, value string) (Presented, bool)
	// Members lists the channels of a Grouped kind that have the credentials of
	// an owner, by their address; none if the owner is unknown. The map is shared:
	// do not change it.
	Members(kind, ownerID string) map[string]*Live
	// Endpoints builds public URLs.
	Endpoints() Endpoints
	// Refuse records a refused attempt: metric, log line and the list that
	// GET /v1/channels/{id}/refusals shows. channelID may be empty.
	Refuse(ctx context.Context, channelID string, r Refusal)

	// Hold reserves the place of a call that is offered later, as Offer.Held: for
	// platforms that say which call it is only once they were let in. Errors are
	// those of Offer that need no call. release frees the place unless it was
	// used; it must be called.
	Hold(l *Live) (held string, release func(), err error)
	// Offer admits a call: it reserves one of VA_MAX_CALLS and of the channel's
	// max_concurrent_calls, stores the call
	// row and answers its id. The same Offer.ProviderCallID on the same
	// channel gives the same call again, without a second reservation. The
	// reservation ends when the call ends, or after Offer.Wait without Serve,
	// with reason no_media.
	Offer(ctx context.Context, l *Live, o Offer) (callID string, err error)
	// Ticket mints a single-use secret bound to the call, valid for ttl; an
	// older ticket of the same call becomes void.
	Ticket(ctx context.Context, callID string, ttl time.Duration) (secret.Value, error)
	// Redeem burns a ticket of the channel and answers the call it was bound
	// to. Unknown, expired, used and foreign tickets are ErrNotFound.
	Redeem(ctx context.Context, channelID string, ticket string) (Offered, error)
	// Serve runs an offered call on a leg until it ends. It returns after the
	// call record was stored. A call is served once; ErrNotFound otherwise.
	Serve(ctx context.Context, callID string, leg call.Leg) (call.Result, error)
	// Outcome reads what was committed for a call of the channel.
	Outcome(ctx context.Context, channelID, providerCallID string) (Outcome, error)
	// Report stores what the platform says after the media ended, such as the
	// result of a dial.
	Report(ctx context.Context, channelID, providerCallID string, r Report) error

	// Asked reads whether the platform asked any node what comes next for a
	// call, as far as that was reported.
	Asked(ctx context.Context, channelID, providerCallID string) (bool, error)

	// Once reports whether a value is seen for the first time in its scope within
	// ttl, on any node and over restarts: of several that ask, one is the first.
	// While the store is away this process alone decides. scope names what the
	// values are. Errors: that of ctx.
	Once(ctx context.Context, scope, value string, ttl time.Duration) (first bool, err error)

	// Clients authenticates platforms that are clients of the token endpoint.
	Clients() Clients

	// Outbound sends requests of the gateway itself, to public addresses only.
	Outbound() Doer

	// Log is the gateway's logger.
	Log() *slog.Logger
	// Now is the gateway's clock.
	Now() time.Time
}

// Doer sends a request, as http.Client does.
type Doer interface {
	Do(r *http.Request) (*http.Response, error)
}

// Live is one configured channel as calls see it: immutable, replaced as a
// whole when the configuration changes.
type Live struct {
	ID        string
	Kind      string
	Body      api.ChannelBody // without secrets
	Assistant api.Assistant
	Active    bool // the channel is enabled and its assistant can answer
	// Keys are the assistant's secrets by field, such as
	// engine.openai_realtime.api_key. Whoever makes a Live sets them.
	Keys    map[string]secret.Value
	secrets map[string][]LiveSecret
}

// LiveSecret is one generation of a secret.
type LiveSecret struct {
	Value      secret.Value
	NotAfter   time.Time // zero: current
	Generation int64     // secrets of one generation belong together
	Index      []byte    // keyed hash of an Indexed secret
}

// valid reports whether the secret is accepted at now.
func (s LiveSecret) valid(now time.Time) bool { return s.NotAfter.IsZero() || now.Before(s.NotAfter) }

// NewLive makes a Live; canAnswer says whether the assistant's engine can
// start, secrets maps names to generations, newest first.
func NewLive(
	id, kind string, body api.ChannelBody, a api.Assistant, canAnswer bool, secrets map[string][]LiveSecret,
) *Live {
	return &Live{
		ID: id, Kind: kind, Body: body, Assistant: a,
		Active: canAnswer && *body.Common().Enabled, secrets: secrets,
	}
}

// WithAssistant is the same channel answered by another version of its
// assistant; canAnswer says whether the assistant's engine can start.
func (l *Live) WithAssistant(a api.Assistant, canAnswer bool) *Live {
	return NewLive(l.ID, l.Kind, l.Body, a, canAnswer, l.secrets)
}

// Secrets gives every generation of a secret that is valid at now.
func (l *Live) Secrets(name string, now time.Time) []secret.Value {
	var valid []secret.Value
	for _, s := range l.secrets[name] {
		if s.valid(now) {
			valid = append(valid, s.Value)
		}
	}
	return valid
}

// Offer describes a call that wants in.
type Offer struct {
	ProviderCallID string // the platform's id, unique on the channel
	Account        string // the platform's account, compared later
	From, To       string
	Vars           map[string]string // passed in by the platform
	Wait           time.Duration     // how long the media may take to connect
	// First refuses a call that was offered before, with ErrNotFound, instead of
	// giving it again.
	First bool
	// Held is the place that Hold reserved; empty takes one now. It goes with
	// First only.
	Held string
}

// Offered is a call a ticket was bound to.
type Offered struct {
	CallID         string
	ProviderCallID string
	Account        string
}

// Outcome is the stored state of a call.
type Outcome struct {
	CallID string
	Ended  bool // the outcome was committed
	Ending call.Ending
}

// Report is news from the platform about a call that was handed over.
type Report struct {
	TransferMethod string
	TransferResult string
	Asked          bool // it asked what comes next, and was answered
	Final          bool // the call is over
}

// OfferRefusal says why Offer admitted no call. Its ok is false for a failure of
// the gateway, which belongs into the log.
func OfferRefusal(step string, err error) (r Refusal, ok bool) {
	r.Step, ok = step, true
	switch {
	case errors.Is(err, ErrChannelBusy):
		r.Reason, r.Detail = "channel_call_limit", "max_concurrent_calls of the channel are in use"
	case errors.Is(err, ErrBusy):
		r.Reason, r.Detail = "gateway_call_limit", "VA_MAX_CALLS are in use"
	case errors.Is(err, ErrDraining):
		r.Reason, r.Detail = "draining", "the gateway is shutting down"
	case errors.Is(err, ErrInactive):
		r.Reason, r.Detail = "inactive", "the channel is disabled or its assistant cannot answer"
	default:
		return Refusal{}, false
	}
	return r, ok
}

// Refusal is one refused attempt.
type Refusal struct {
	Step   string // for example "voice" or "media"
	Reason string // stable word; also the label of va_auth_failures_total
	Detail string // what was expected and what came, without secrets
	Remote string
	Auth   bool // count it as an authentication failure
}
