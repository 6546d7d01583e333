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
	// keepEnded is how long a finished call stays in memory for the requests
	// a platform makes right after it; later ones read the store.
	keepEnded = 2 * time.Minute
	// adoptWait is how long a call of another node may take from its ticket to
	// its media.
	adoptWait = 15 * time.Second
	// storeTimeout bounds every statement of a call: a database that does not
	// answer must not make a caller wait, or a platform give up.
	storeTimeout = 3 * time.Second
)

// lasting is a context for one statement: the caller may be gone already, and
// what is known of a call must be stored nevertheless.
func lasting(ctx context.Context) (context.Context, context.CancelFunc) {
	return context.WithTimeout(context.WithoutCancel(ctx), storeTimeout)
}

// Switchboard implements channel.Gateway. One mutex guards the calls and the
// refusals.
//
// A call is live on one node only, the one whose StartCall won. Any node may
// offer it, mint and redeem its tickets and answer the platform's questions
// about it, from the store. While the store is away the node that offered a call
// does all of that from memory.
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
	Outside   channel.Doer // sends requests of the gateway itself
	Platforms channel.Clients
	Logger    *slog.Logger

	keep     *keep
	used     *used
	mu       sync.Mutex
	byID     map[string]*entry
	byCaller map[callerKey]*entry
	byTicket map[string]*entry // by hash
	refusals map[string][]api.Refusal
	logging  *rate.Limiter
	muted    int64
	closed   bool           // by Close: no call begins or ends any more
	wg       sync.WaitGroup // calls beginning or ending; only joined while not closed
}

type callerKey struct{ channelID, providerCallID string }

// entry is one call as this process knows it. The switchboard's mutex guards
// the upper part.
type entry struct {
	id     string
	live   *channel.Live
	offer  channel.Offer
	guest  bool        // another node offered it
	timer  *time.Timer // ends the wait for media, later forgets
	served bool        // here; or it ended here without media
	ending *call.Ending
	ticket heldTicket

	// record serialises what writes the call's row: the call itself, and what
	// the platform reports about it, which may come before the end is stored.
	// It guards the rest.
	record  sync.Mutex
	row     store.Call
	done    *recorded // nil until the call ended here
	reports []channel.Report
}

// recorded is the end of a call.
type recorded struct {
	record
	state string
}

// New completes a Switchboard whose exported fields are set.
func New(s *Switchboard) *Switchboard {
	s.byID, s.byCaller, s.byTicket = map[string]*entry{}, map[callerKey]*entry{}, map[string]*entry{}
	s.keep = &keep{
		store: s.Store, pending: s.Metrics.CallsPending, log: s.Logger,
		calls: map[string]*kept{}, burnt: map[string]string{},
	}
	s.used = newUsed(s.Store, s.Logger)
	s.refusals = map[string][]api.Refusal{}
	s.logging = rate.NewLimiter(10, 50) // refusals per second that reach the log
	return s
}

var _ channel.Gateway = (*Switchboard)(nil)

// Channel implements channel.Gateway.
func (s *Switchboard) Channel(kind, id string) (*channel.Live, bool) {
	return s.Directory.Channel(kind, id)
}

// Presented implements channel.Gateway.
func (s *Switchboard) Presented(kind, name, value string) (channel.Presented, bool) {
	return s.Directory.Presented(kind, name, value, s.Now())
}

// Members implements channel.Gateway.
func (s *Switchboard) Members(kind, ownerID string) map[string]*channel.Live {
	return s.Directory.Members(kind, ownerID)
}

// Endpoints implements channel.Gateway.
func (s *Switchboard) Endpoints() channel.Endpoints { return channel.Endpoints{PublicURL: s.PublicURL} }

// Log implements channel.Gateway.
func (s *Switchboard) Log() *slog.Logger { return s.Logger }

// Outbound implements channel.Gateway.
func (s *Switchboard) Outbound() channel.Doer { return s.Outside }

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
		if e.served || o.First {
			return "", fmt.Errorf("call %s: %w", e.id, channel.ErrNotFound)
		}
		return e.id, nil // the platform repeated its request
	}
	id := o.Held
	if id == "" {
		id = newCallID()
	}
	e := &entry{id: id, live: l, offer: o, row: store.Call{
		ID: id, ChannelID: l.ID, ChannelKind: l.Kind, AssistantID: l.Assistant.ID,
		AssistantRevision: l.Assistant.Revision, ProviderApplication: l.Body.Common().ProviderApplication,
		ProviderCallID: o.ProviderCallID, Account: o.Account, From: o.From, To: o.To, NodeID: s.NodeID,
		State: api.CallOffered, StartedAt: s.Now().UTC(),
	}}
	if err := s.reserve(e); err != nil {
		s.mu.Unlock()
		return "", err
	}
	s.enter(e)
	s.mu.Unlock()

	err := s.insert(ctx, e)
	if err == nil {
		return id, nil
	}
	s.drop(e)
	if errors.Is(err, store.ErrConflict) {
		if o.First {
			return "", fmt.Errorf("call of channel %s: %w", l.ID, channel.ErrNotFound)
		}
		return s.offered(ctx, l, o)
	}
	return "", fmt.Errorf("store call of channel %s: %w", l.ID, err)
}

// enter notes a call that has its place. The mutex is held.
func (s *Switchboard) enter(e *entry) {
	s.byID[e.id], s.byCaller[e.key()] = e, e
	e.timer = time.AfterFunc(e.offer.Wait, func() { s.expire(e) })
}

func (e *entry) key() callerKey { return callerKey{e.live.ID, e.offer.ProviderCallID} }

// insert stores an offered call, later if the database is away.
func (s *Switchboard) insert(ctx context.Context, e *entry) error {
	e.record.Lock()
	defer e.record.Unlock()
	bounded, cancel := lasting(ctx)
	defer cancel()
	err := s.Store.InsertCall(bounded, e.row)
	if outage(err) {
		return s.keep.add(e.row, err)
	}
	return err
}

// offered finds the call of a request that the platform repeated to another node
// than it asked first.
func (s *Switchboard) offered(ctx context.Context, l *channel.Live, o channel.Offer) (string, error) {
	bounded, cancel := lasting(ctx)
	defer cancel()
	row, err := s.Store.CallByProviderID(bounded, l.ID, o.ProviderCallID)
	if err != nil {
		return "", fmt.Errorf("read call of channel %s: %w", l.ID, err)
	}
	e, err := s.adopt(row, o.Vars, o.Wait)
	if err != nil {
		return "", fmt.Errorf("call %s: %w", row.ID, err)
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

// Outcome implements channel.Gateway. An end that this process remembers comes
// first, so that a lost database does not lose a transfer. That it remembers none
// says nothing: another node may have served the call.
func (s *Switchboard) Outcome(ctx context.Context, channelID, providerCallID string) (channel.Outcome, error) {
	s.mu.Lock()
	e, ok := s.byCaller[callerKey{channelID, providerCallID}]
	if ok && e.ending != nil {
		defer s.mu.Unlock()
		return channel.Outcome{CallID: e.id, Ended: true, Ending: *e.ending}, nil
	}
	s.mu.Unlock()
	bounded, cancel := lasting(ctx)
	defer cancel()
	row, err := s.Store.CallByProviderID(bounded, channelID, providerCallID)
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

// served finds a call that this process serves, or that ended here.
func (s *Switchboard) served(key callerKey) (*entry, bool) {
	s.mu.Lock()
	defer s.mu.Unlock()
	e, ok := s.byCaller[key]
	return e, ok && e.served
}

// expire ends a call whose media never connected.
func (s *Switchboard) expire(e *entry) {
	s.unanswered(context.Background(), e, call.Ending{Reason: call.ReasonNoMedia, Outcome: call.OutcomeFailed})
}

// abandon ends a call whose caller gave up before the media connected, so that
// its place is free at once. It reports whether there was such a call.
func (s *Switchboard) abandon(ctx context.Context, key callerKey) bool {
	e, ok := s.caller(key)
	return ok && s.unanswered(ctx, e, hungUp)
}

// hungUp is the end of a call whose caller gave up before anybody answered.
var hungUp = call.Ending{Reason: call.ReasonCallerHangup, Outcome: call.OutcomeCallerHangup}

// unanswered ends a call that no session serves, unless another node has it.
func (s *Switchboard) unanswered(ctx context.Context, e *entry, ending call.Ending) bool {
	s.mu.Lock()
	if s.closed || e.served || s.byID[e.id] != e {
		s.mu.Unlock()
		return false
	}
	if e.guest {
		s.mu.Unlock()
		s.leave(e) // its end is for the node that offered it
		return false
	}
	e.served = true // the media would come too late now
	e.timer.Stop()
	s.wg.Add(1)
	s.mu.Unlock()
	defer s.wg.Done()
	if !s.finish(ctx, e, call.Result{Ending: ending, Ended: s.Now().UTC()}) {
		return false
	}
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
	if s.byID[e.id] == e {
		s.remove(e)
		s.Registry.Release(e.id)
	}
}

// remove forgets a call. The mutex is held.
func (s *Switchboard) remove(e *entry) {
	e.timer.Stop()
	delete(s.byID, e.id)
	delete(s.byTicket, string(e.ticket.Hash))
	if s.byCaller[e.key()] == e {
		delete(s.byCaller, e.key())
	}
}

// Close waits for the calls being served, stops every timer and makes a last
// attempt to store what could not be stored.
func (s *Switchboard) Close() {
	s.mu.Lock()
	s.closed = true
	s.mu.Unlock()
	s.wg.Wait()
	s.mu.Lock()
	for _, e := range s.byID {
		e.timer.Stop()
	}
	s.mu.Unlock()
	s.keep.flush(context.Background())
	for _, id := range s.keep.waiting() {
		s.Logger.Error("call record lost: the database did not come back", telemetry.KeyCall, id)
	}
}
