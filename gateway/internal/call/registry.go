package call

import (
	"context"
	"errors"
	"fmt"
	"sync"
)

// Errors of Registry.Reserve.
var (
	ErrFull      = errors.New("no free call slot")
	ErrGroupFull = errors.New("no free call slot in the group")
	ErrDraining  = errors.New("no new calls are taken")
)

// Registry knows every call of this process and keeps their number, and that of
// each group of calls, within exact limits. Its methods may be called from any goroutine; mu guards it.
type Registry struct {
	limit int

	mu       sync.Mutex
	calls    map[string]slot // by call id
	groups   map[string]int  // slots in use by group; no zeros
	draining bool
	stop     Reason        // of StopAll, for sessions attached later
	empty    chan struct{} // closed while there is no call
}

// slot is the place of one call.
type slot struct {
	group   string
	session *Session // nil until one is attached
}

// Group is a set of calls that has a limit of its own, such as a channel.
type Group struct {
	Name  string
	Limit int // calls at a time, reserved and running together; 0: none of its own
}

// NewRegistry makes a registry for at most limit calls at a time, reserved and
// running together.
func NewRegistry(limit int) *Registry {
	r := &Registry{limit: limit, calls: map[string]slot{}, groups: map[string]int{}, empty: make(chan struct{})}
	close(r.empty)
	return r
}

// Reserve takes a slot for a call of a group. A call that has a slot keeps it
// and takes no second one. It fails with ErrDraining after Drain, with ErrFull
// at the limit and with ErrGroupFull at that of the group. A group's limit may
// change between calls: calls above a lowered one go on.
func (r *Registry) Reserve(callID string, g Group) error {
	r.mu.Lock()
	defer r.mu.Unlock()
	if _, ok := r.calls[callID]; ok {
		return nil
	}
	switch {
	case r.draining:
		return ErrDraining
	case len(r.calls) >= r.limit:
		return ErrFull
	case g.Limit > 0 && r.groups[g.Name] >= g.Limit:
		return ErrGroupFull
	}
	if len(r.calls) == 0 {
		r.empty = make(chan struct{})
	}
	r.calls[callID] = slot{group: g.Name}
	r.groups[g.Name]++
	return nil
}

// Attach puts the session into the call's slot. It reports false, and does
// nothing, if the call has none. After StopAll the session is stopped at once.
func (r *Registry) Attach(callID string, s *Session) bool {
	r.mu.Lock()
	defer r.mu.Unlock()
	place, ok := r.calls[callID]
	if !ok {
		return false
	}
	place.session = s
	r.calls[callID] = place
	if r.stop != "" {
		s.Stop(r.stop)
	}
	return true
}

// Release frees the call's slot; without one it does nothing.
func (r *Registry) Release(callID string) {
	r.mu.Lock()
	defer r.mu.Unlock()
	place, ok := r.calls[callID]
	if !ok {
		return
	}
	delete(r.calls, callID)
	if r.groups[place.group]--; r.groups[place.group] == 0 {
		delete(r.groups, place.group)
	}
	if len(r.calls) == 0 {
		close(r.empty)
	}
}

// Session finds the session of a call; nil if it has none, or no slot.
func (r *Registry) Session(callID string) *Session {
	r.mu.Lock()
	defer r.mu.Unlock()
	return r.calls[callID].session
}

// Len is the number of slots in use.
func (r *Registry) Len() int {
	r.mu.Lock()
	defer r.mu.Unlock()
	return len(r.calls)
}

// Drain refuses new calls from now on; the others go on.
func (r *Registry) Drain() {
	r.mu.Lock()
	defer r.mu.Unlock()
	r.draining = true
}

// Draining reports whether Drain was called.
func (r *Registry) Draining() bool {
	r.mu.Lock()
	defer r.mu.Unlock()
	return r.draining
}

// Wait returns once no slot is in use, or with an error when the context ends.
func (r *Registry) Wait(ctx context.Context) error {
	r.mu.Lock()
	empty := r.empty
	r.mu.Unlock()
	select {
	case <-empty:
		return nil
	case <-ctx.Done():
		return fmt.Errorf("wait for %d calls: %w", r.Len(), context.Cause(ctx))
	}
}

// StopAll makes every session run its fallback, those attached later included.
func (r *Registry) StopAll(reason Reason) {
	r.mu.Lock()
	defer r.mu.Unlock()
	r.stop = reason
	for _, place := range r.calls {
		if place.session != nil {
			place.session.Stop(reason)
		}
	}
}
