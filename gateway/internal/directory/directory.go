package directory

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"maps"
	"slices"
	"sync"
	"sync/atomic"
	"time"

	"github.com/va-gateway/terraform-provider-va/gateway/api"
	"github.com/va-gateway/terraform-provider-va/gateway/internal/channel"
	"github.com/va-gateway/terraform-provider-va/gateway/internal/secret"
	"github.com/va-gateway/terraform-provider-va/gateway/internal/store"
)

const (
	// pollEvery bounds how long a change made through another gateway stays
	// unseen.
	pollEvery = 1500 * time.Millisecond
	// wakeDelay gathers what is announced at once, and lets this process take up
	// its own writes, which it need not read again.
	wakeDelay = 50 * time.Millisecond
	// pollTimeout bounds one poll, so that a database that does not answer holds
	// up none of the next.
	pollTimeout = 10 * time.Second
)

// Directory holds the current snapshot. Readers need no lock; one mutex
// serialises the writers.
type Directory struct {
	Store   *store.Store
	Keyring *secret.Keyring
	Kinds   map[string]channel.Kind
	// EngineProblem says why the assistant's engine cannot start here; empty
	// when it can.
	EngineProblem func(api.Assistant) string
	// Changed, if set, is called with every assistant that is new or differs.
	Changed func(api.Assistant)
	// Wake, if set, says that a change was announced; without it, and beside
	// it, Run polls.
	Wake <-chan struct{}
	Log  *slog.Logger

	mu      sync.Mutex
	current atomic.Pointer[snapshot]
}

type snapshot struct {
	revision   int64
	assistants map[string]assistant
	channels   map[string]*channel.Live
	clients    map[string]*channel.Live // by client id of the token endpoint
	presented  map[presentedKey]generation
	members    map[ownerKey]map[string]*channel.Live // by address
}

// index makes what is looked up of what was read.
func (d *Directory) index(s *snapshot) {
	s.clients = d.clients(s.channels)
	s.presented = presented(s.channels)
	s.members = d.members(s.channels)
}

// Load reads everything. It must succeed once before calls are served.
func (d *Directory) Load(ctx context.Context) error {
	d.mu.Lock()
	defer d.mu.Unlock()
	return d.load(ctx)
}

// Revision is the configuration revision being served, 0 before Load.
func (d *Directory) Revision() int64 {
	if s := d.current.Load(); s != nil {
		return s.revision
	}
	return 0
}

// Loaded reports whether the configuration was read at least once.
func (d *Directory) Loaded() bool { return d.current.Load() != nil }

// Channel finds a channel by kind and id.
func (d *Directory) Channel(kind, id string) (*channel.Live, bool) {
	s := d.current.Load()
	if s == nil {
		return nil, false
	}
	l, ok := s.channels[id]
	if !ok || l.Kind != kind {
		return nil, false
	}
	return l, true
}

// Has reports whether a channel of any kind has the id.
func (d *Directory) Has(id string) bool {
	s := d.current.Load()
	return s != nil && s.channels[id] != nil
}

// AssistantProblems lists why an assistant is inactive; empty means active.
func (d *Directory) AssistantProblems(a api.Assistant) []string {
	var problems []string
	s := d.current.Load()
	enabled := s != nil && slices.ContainsFunc(slices.Collect(maps.Values(s.channels)), func(l *channel.Live) bool {
		return l.Assistant.ID == a.ID && *l.Body.Common().Enabled
	})
	if !enabled {
		problems = append(problems, "no enabled channel")
	}
	if p := d.EngineProblem(a); p != "" {
		problems = append(problems, p)
	}
	return problems
}

// ChannelActive reports whether the channel's calls are answered.
func (d *Directory) ChannelActive(id string) bool {
	s := d.current.Load()
	return s != nil && s.channels[id] != nil && s.channels[id].Active
}

// Touch brings the objects that one committed write changed into the snapshot;
// a revision that does not follow the current one makes it read everything.
func (d *Directory) Touch(ctx context.Context, revision int64, ids ...string) error {
	d.mu.Lock()
	defer d.mu.Unlock()
	s := d.current.Load()
	if s != nil && revision <= s.revision {
		return nil // a later read has it already
	}
	if s == nil || revision != s.revision+1 {
		return d.load(ctx)
	}
	next := &snapshot{revision: revision, assistants: maps.Clone(s.assistants), channels: maps.Clone(s.channels)}
	for _, id := range ids {
		if err := d.reread(ctx, next, id); err != nil {
			return fmt.Errorf("read %s at revision %d: %w", id, revision, err)
		}
	}
	d.index(next)
	d.current.Store(next)
	return nil
}

// Run polls for changes made elsewhere until the context ends.
func (d *Directory) Run(ctx context.Context) {
	tick := time.NewTicker(pollEvery)
	defer tick.Stop()
	failing := false
	for {
		select {
		case <-ctx.Done():
			return
		case <-tick.C:
		case <-d.Wake:
			delay := time.NewTimer(wakeDelay)
			select {
			case <-ctx.Done():
				delay.Stop()
				return
			case <-delay.C:
			}
		}
		err := d.poll(ctx)
		if err != nil && !failing && ctx.Err() == nil {
			d.Log.Error("configuration cannot be read; the last known one stays in use", "error", err)
		}
		if err == nil && failing {
			d.Log.Info("configuration can be read again")
		}
		failing = err != nil
	}
}

func (d *Directory) poll(ctx context.Context) error {
	ctx, cancel := context.WithTimeout(ctx, pollTimeout)
	defer cancel()
	revision, err := d.Store.Revision(ctx)
	if err != nil || revision == d.Revision() {
		return err
	}
	return d.Load(ctx)
}

func (d *Directory) load(ctx context.Context) error {
	// The revision is read first: what is committed in between is then read
	// twice, never missed.
	revision, err := d.Store.Revision(ctx)
	if err != nil {
		return fmt.Errorf("read configuration revision: %w", err)
	}
	next := &snapshot{revision: revision, assistants: map[string]assistant{}, channels: map[string]*channel.Live{}}
	for after := ""; ; {
		rows, err := d.Store.Assistants(ctx, after, api.MaxPageSize)
		if err != nil {
			return fmt.Errorf("read assistants: %w", err)
		}
		for _, row := range rows {
			a, err := d.assistant(ctx, row)
			if err != nil {
				return err
			}
			next.assistants[a.ID] = a
			after = row.ID
		}
		if len(rows) < api.MaxPageSize {
			break
		}
	}
	for after := ""; ; {
		rows, err := d.Store.Channels(ctx, "", "", after, api.MaxPageSize)
		if err != nil {
			return fmt.Errorf("read channels: %w", err)
		}
		for _, row := range rows {
			after = row.ID
			l, err := d.live(ctx, next, row)
			if err != nil {
				// One unreadable channel must not silence the others.
				d.Log.Error("channel cannot be served", "channel_id", row.ID, "error", err)
				continue
			}
			next.channels[row.ID] = l
		}
		if len(rows) < api.MaxPageSize {
			break
		}
	}
	d.index(next)
	previous := d.current.Swap(next)
	d.notify(previous, next)
	return nil
}

func (d *Directory) reread(ctx context.Context, next *snapshot, id string) error {
	if api.ValidID(api.PrefixAssistant, id) {
		return d.rereadAssistant(ctx, next, id)
	}
	row, err := d.Store.Channel(ctx, id)
	if errors.Is(err, store.ErrNotFound) {
		delete(next.channels, id)
		return nil
	}
	if err != nil {
		return err
	}
	l, err := d.live(ctx, next, row)
	if err != nil {
		return err
	}
	next.channels[id] = l
	return nil
}

func (d *Directory) rereadAssistant(ctx context.Context, next *snapshot, id string) error {
	row, err := d.Store.Assistant(ctx, id)
	if errors.Is(err, store.ErrNotFound) {
		delete(next.assistants, id)
		return nil
	}
	if err != nil {
		return err
	}
	a, err := d.assistant(ctx, row)
	if err != nil {
		return err
	}
	next.assistants[id] = a
	for key, l := range next.channels {
		if l.Assistant.ID == id {
			next.channels[key] = l.WithAssistant(a.Assistant, a.ready)
			next.channels[key].Keys = a.keys
		}
	}
	if d.Changed != nil {
		d.Changed(a.Assistant)
	}
	return nil
}

func (d *Directory) live(ctx context.Context, s *snapshot, row store.Channel) (*channel.Live, error) {
	kind, ok := d.Kinds[row.Kind]
	if !ok {
		return nil, fmt.Errorf("kind %q is not served by this version", row.Kind)
	}
	body, err := DecodeChannel(kind, row)
	if err != nil {
		return nil, err
	}
	credentials, err := d.Store.Credentials(ctx, row.CredentialsOwner())
	if err != nil {
		return nil, fmt.Errorf("read credentials of %s: %w", row.ID, err)
	}
	secrets := map[string][]channel.LiveSecret{}
	for _, c := range credentials {
		value, err := d.Keyring.Open(c.Sealed, CredentialAAD(c.ID))
		if err != nil {
			return nil, fmt.Errorf("open credential %s: %w", c.Name, err)
		}
		live := channel.LiveSecret{Value: value, Generation: c.Generation, Index: c.Index}
		if c.NotAfter != nil {
			live.NotAfter = *c.NotAfter
		}
		secrets[c.Name] = append(secrets[c.Name], live)
	}
	a, ok := s.assistants[row.AssistantID]
	if !ok {
		return nil, fmt.Errorf("assistant %s is unknown", row.AssistantID)
	}
	l := channel.NewLive(row.ID, row.Kind, body, a.Assistant, a.ready, secrets)
	l.Keys = a.keys
	return l, nil
}

func (d *Directory) notify(previous, next *snapshot) {
	if d.Changed == nil {
		return
	}
	for id, a := range next.assistants {
		if previous == nil || previous.assistants[id].Revision != a.Revision {
			d.Changed(a.Assistant)
		}
	}
}
