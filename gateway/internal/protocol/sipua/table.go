package sipua

import (
	"maps"
	"net/netip"
	"slices"
	"sync"
)

// key is a dialog as its other side names it; the local tag is compared then.
type key struct{ callID, remoteTag string }

// table holds the dialogs. mu guards the maps.
type table struct {
	mu      sync.Mutex
	calls   map[key]*Call
	ids     map[string]int // dialogs of a Call-ID
	unacked map[string]int // of a trunk
	peers   map[netip.Addr]int
}

func (t *table) init() {
	t.calls, t.ids, t.unacked, t.peers = map[key]*Call{}, map[string]int{}, map[string]int{}, map[netip.Addr]int{}
}

// known reports whether a Call-ID belongs to a dialog.
func (t *table) known(callID string) bool {
	t.mu.Lock()
	defer t.mu.Unlock()
	return t.ids[callID] > 0
}

// talks reports whether a dialog was begun from the address.
func (t *table) talks(a netip.Addr) bool {
	t.mu.Lock()
	defer t.mu.Unlock()
	return t.peers[a.Unmap().WithZone("")] > 0
}

func (t *table) find(k key) *Call {
	t.mu.Lock()
	defer t.mu.Unlock()
	return t.calls[k]
}

func (t *table) len() int {
	t.mu.Lock()
	defer t.mu.Unlock()
	return len(t.calls)
}

func (t *table) all() []*Call {
	t.mu.Lock()
	defer t.mu.Unlock()
	return slices.Collect(maps.Values(t.calls))
}

// add takes up a new dialog within the limits, or says why not. An equal dialog
// is a request that came over two ways.
func (t *table) add(c *Call, maxCalls, maxUnacked int) *Refusal {
	t.mu.Lock()
	defer t.mu.Unlock()
	switch {
	case t.calls[c.key] != nil:
		return &Refusal{Status: 482, Reason: ReasonMerged}
	case len(t.calls) >= maxCalls:
		return &Refusal{Status: 503, Reason: ReasonCap, Retry: retryLater}
	case t.unacked[c.trunk.ID] >= maxUnacked:
		return &Refusal{Status: 503, Reason: ReasonUnacked, Retry: retryLater}
	}
	t.calls[c.key] = c
	t.ids[c.key.callID]++
	t.unacked[c.trunk.ID]++
	t.peers[remote(c.invite).Addr()]++
	return nil
}

// acknowledged takes a call out of those that wait for an ACK.
func (t *table) acknowledged(c *Call) {
	t.mu.Lock()
	defer t.mu.Unlock()
	less(t.unacked, c.trunk.ID)
}

func (t *table) remove(c *Call) {
	t.mu.Lock()
	defer t.mu.Unlock()
	if t.calls[c.key] == c {
		delete(t.calls, c.key)
		less(t.ids, c.key.callID)
		less(t.peers, remote(c.invite).Addr())
	}
}

func less[K comparable](m map[K]int, k K) {
	if m[k]--; m[k] <= 0 {
		delete(m, k)
	}
}
