package switchboard

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"maps"
	"slices"
	"sync"
	"time"

	"github.com/oklog/ulid/v2"
	"golang.org/x/time/rate"

	"github.com/va-gateway/terraform-provider-va/gateway/api"
	"github.com/va-gateway/terraform-provider-va/gateway/internal/call"
	"github.com/va-gateway/terraform-provider-va/gateway/internal/channel"
	"github.com/va-gateway/terraform-provider-va/gateway/internal/directory"
	"github.com/va-gateway/terraform-provider-va/gateway/internal/secret"
	"github.com/va-gateway/terraform-provider-va/gateway/internal/store"
	"github.com/va-gateway/terraform-provider-va/gateway/internal/telemetry"
)

const (
	ticketIndex = "media_ticket" // kind of the HMAC index
	// keepEnded is how long a finished call stays in memory for the requests
	// a platform makes right after it; later ones read the store.
	keepEnded = 2 * time.Minute
	// storeTimeout bounds every write at the end of a call.
	storeTimeout = 10 * time.Second
)

// Switchboard implements channel.Gateway. One mutex guards the calls and the
// refusals.
type Switchboard struct {
	Store     *store.Store
	Directory *directory.Directory
	Keyring   *secret.Keyring
	Engines   map[string]call.Engine // by engine kind
	Registry  *call.Registry
	Metrics   *telemetry.Metrics
	Kinds     map[string]channel.Kind
	PublicURL string
	NodeID    string
	Notices   call.Notices
	Logger    *slog.Logger

	mu       sync.Mutex
	byID     map[string]*entry
	byCaller map[callerKey]*entry
	refusals map[string][]api.Refusal
	logging  *rate.Limiter
	muted    int64
	closed   bool           // by Close: no call begins or ends any more
	wg       sync.WaitGroup // calls beginning or ending; only joined while not closed
}

type callerKey struct{ channelID, providerCallID string }

// entry is one call this process admitted.
type entry struct {
	id      string
	live    *channel.Live
	offer   channel.Offer
	started time.Time
	timer   *time.Timer // no_media, later forget
	served  bool
	ending  *call.Ending

	// record serialises what writes the call's record: the end of the call,
	// and what the platform reports about it, which may come before the end is
	// stored. It guards the rest.
	record   sync.Mutex
	recorded bool
	reports  []channel.Report
}

// New completes a Switchboard whose exported fields are set.
func New(s *Switchboard) *Switchboard {
	s.byID, s.byCaller = map[string]*entry{}, map[callerKey]*entry{}
	s.refusals = map[string][]api.Refusal{}
	s.logging = rate.NewLimiter(10, 50) // refusals per second that reach the log
	return s
}

var _ channel.Gateway = (*Switchboard)(nil)

// Channel implements channel.Gateway.
func (s *Switchboard) Channel(kind, id string) (*channel.Live, bool) {
	return s.Directory.Channel(kind, id)
}

// Endpoints implements channel.Gateway.
func (s *Switchboard) Endpoints() channel.Endpoints { return channel.Endpoints{PublicURL: s.PublicURL} }

// Log implements channel.Gateway.
func (s *Switchboard) Log() *slog.Logger { return s.Logger }

// Now implements channel.Gateway.
func (s *Switchboard) Now() time.Time { return time.Now() }

// Offer implements channel.Gateway.
func (s *Switchboard) Offer(ctx context.Context, l *channel.Live, o channel.Offer) (string, error) {
	if !l.Active {
		return "", channel.ErrInactive
	}
	key := callerKey{l.ID, o.ProviderCallID}
	s.mu.Lock()
	if e, ok := s.byCaller[key]; ok {
		defer s.mu.Unlock()
		if e.served {
			return "", fmt.Errorf("call %s: %w", e.id, channel.ErrNotFound)
		}
		return e.id, nil // the platform repeated its request
	}
	e := &entry{id: api.PrefixCall + ulid.Make().String(), live: l, offer: o, started: s.Now().UTC()}
	if err := s.reserve(e); err != nil {
		s.mu.Unlock()
		return "", err
	}
	s.byID[e.id], s.byCaller[key] = e, e
	e.timer = time.AfterFunc(o.Wait, func() { s.expire(e) })
	s.mu.Unlock()

	err := s.Store.InsertCall(ctx, store.Call{
		ID: e.id, ChannelID: l.ID, ChannelKind: l.Kind, AssistantID: l.Assistant.ID,
		AssistantRevision: l.Assistant.Revision, ProviderApplication: l.Body.Common().ProviderApplication,
		ProviderCallID: o.ProviderCallID, Account: o.Account, From: o.From, To: o.To, NodeID: s.NodeID,
		State: api.CallOffered, StartedAt: e.started,
	})
	if err != nil {
		s.drop(e)
		if errors.Is(err, store.ErrConflict) {
			err = channel.ErrNotFound // a call of that id was here before
		}
		return "", fmt.Errorf("store call of channel %s: %w", l.ID, err)
	}
	return e.id, nil
}

func (s *Switchboard) reserve(e *entry) error {
	limit := int(e.live.Body.Common().MaxConcurrentCalls)
	err := s.Registry.Reserve(e.id, call.Group{Name: e.live.ID, Limit: limit})
	switch {
	case errors.Is(err, call.ErrDraining):
		return channel.ErrDraining
	case errors.Is(err, call.ErrFull):
		return channel.ErrBusy
	case errors.Is(err, call.ErrGroupFull):
		return channel.ErrChannelBusy
	}
	return err
}

// Ticket implements channel.Gateway.
func (s *Switchboard) Ticket(ctx context.Context, callID string, ttl time.Duration) (secret.Value, error) {
	e, ok := s.entry(callID)
	if !ok {
		return secret.Value{}, channel.ErrNotFound
	}
	ticket := secret.Generate("")
	err := s.Store.PutTicket(ctx, store.Ticket{
		Hash: s.Keyring.Index(ticketIndex, ticket.Reveal()), ChannelID: e.live.ID, CallID: callID,
		ExpiresAt: s.Now().UTC().Add(ttl),
	})
	if err != nil {
		return secret.Value{}, fmt.Errorf("store ticket of call %s: %w", callID, err)
	}
	return ticket, nil
}

// Redeem implements channel.Gateway.
func (s *Switchboard) Redeem(ctx context.Context, channelID, ticket string) (channel.Offered, error) {
	hash := s.Keyring.Index(ticketIndex, ticket)
	t, err := s.Store.TakeTicket(ctx, channelID, hash, s.Now().UTC())
	if errors.Is(err, store.ErrNotFound) {
		return channel.Offered{}, channel.ErrNotFound
	}
	if err != nil {
		return channel.Offered{}, fmt.Errorf("take ticket of channel %s: %w", channelID, err)
	}
	e, ok := s.entry(t.CallID)
	if !ok {
		return channel.Offered{}, channel.ErrNotFound
	}
	return channel.Offered{CallID: e.id, ProviderCallID: e.offer.ProviderCallID, Account: e.offer.Account}, nil
}

// Outcome implements channel.Gateway. What this process remembers comes first,
// so that a lost database does not lose a transfer.
func (s *Switchboard) Outcome(ctx context.Context, channelID, providerCallID string) (channel.Outcome, error) {
	s.mu.Lock()
	if e, ok := s.byCaller[callerKey{channelID, providerCallID}]; ok {
		o := channel.Outcome{CallID: e.id, Ended: e.ending != nil}
		if e.ending != nil {
			o.Ending = *e.ending
		}
		s.mu.Unlock()
		return o, nil
	}
	s.mu.Unlock()
	row, err := s.Store.CallByProviderID(ctx, channelID, providerCallID)
	if errors.Is(err, store.ErrNotFound) {
		return channel.Outcome{}, channel.ErrNotFound
	}
	if err != nil {
		return channel.Outcome{}, fmt.Errorf("read call of channel %s: %w", channelID, err)
	}
	o := channel.Outcome{CallID: row.ID, Ended: row.Ending != nil}
	if o.Ended {
		if o.Ending, err = decodeEnding(row.Ending); err != nil {
			return channel.Outcome{}, err
		}
	}
	return o, nil
}

func (s *Switchboard) entry(callID string) (*entry, bool) {
	s.mu.Lock()
	defer s.mu.Unlock()
	e, ok := s.byID[callID]
	return e, ok
}

func (s *Switchboard) caller(key callerKey) (*entry, bool) {
	s.mu.Lock()
	defer s.mu.Unlock()
	e, ok := s.byCaller[key]
	return e, ok
}

// expire ends a call whose media never connected.
func (s *Switchboard) expire(e *entry) {
	ctx, cancel := context.WithTimeout(context.Background(), storeTimeout)
	defer cancel()
	s.unanswered(ctx, e, call.Ending{Reason: call.ReasonNoMedia, Outcome: call.OutcomeFailed})
}

// abandon ends a call whose caller gave up before the media connected, so that
// its place is free at once. It reports whether there was such a call.
func (s *Switchboard) abandon(ctx context.Context, key callerKey) bool {
	e, ok := s.caller(key)
	return ok && s.unanswered(ctx, e, call.Ending{
		Reason: call.ReasonCallerHangup, Outcome: call.OutcomeCallerHangup,
	})
}

// unanswered ends a call that no session serves.
func (s *Switchboard) unanswered(ctx context.Context, e *entry, ending call.Ending) bool {
	s.mu.Lock()
	if s.closed || e.served || s.byID[e.id] != e {
		s.mu.Unlock()
		return false
	}
	e.served = true // the media would come too late now
	e.timer.Stop()
	s.wg.Add(1)
	s.mu.Unlock()
	defer s.wg.Done()
	s.finish(ctx, e, call.Result{Ending: ending, Ended: s.Now().UTC()})
	s.Logger.Info("call ended", telemetry.KeyCall, e.id, telemetry.KeyChannel, e.live.ID,
		telemetry.KeyReason, string(ending.Reason))
	return true
}

// EndOffered ends the calls whose media did not connect yet: nobody is on the
// line who could be told anything.
func (s *Switchboard) EndOffered(ctx context.Context) {
	s.mu.Lock()
	waiting := slices.DeleteFunc(slices.Collect(maps.Values(s.byID)), func(e *entry) bool { return e.served })
	s.mu.Unlock()
	for _, e := range waiting {
		s.unanswered(ctx, e, call.Ending{Reason: call.ReasonDrainTimeout, Outcome: call.OutcomeFailed})
	}
}

// drop forgets a call and frees its place.
func (s *Switchboard) drop(e *entry) {
	s.mu.Lock()
	defer s.mu.Unlock()
	if e.timer != nil {
		e.timer.Stop()
	}
	delete(s.byID, e.id)
	if key := (callerKey{e.live.ID, e.offer.ProviderCallID}); s.byCaller[key] == e {
		delete(s.byCaller, key)
	}
	s.Registry.Release(e.id)
}

// Close waits for the calls being served and stops every timer.
func (s *Switchboard) Close() {
	s.mu.Lock()
	s.closed = true
	s.mu.Unlock()
	s.wg.Wait()
	s.mu.Lock()
	defer s.mu.Unlock()
	for _, e := range s.byID {
		e.timer.Stop()
	}
}
