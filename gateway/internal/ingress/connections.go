package ingress

import (
	"context"
	"net"
	"net/http"
	"net/netip"
	"sync"
)

// Bounds of connections on one listener. Idle ones between two requests count
// for maxOpen only, upgraded ones for neither: they were authenticated, and
// VA_MAX_CALLS bounds them.
const (
	maxPerAddress = 512 // of one IPv4 address or IPv6 /64 network
	maxOpen       = 16384
)

// connections counts what clients hold open. mu guards everything.
type connections struct {
	perAddress, open int     // limits
	proxies          Proxies // not limited by address: theirs stands for many

	mu       sync.Mutex
	known    map[net.Conn]*connection // not upgraded
	busy     map[netip.Prefix]int     // by source
	upgraded map[net.Conn]struct{}    // until their handler returns
	handling int
	idle     chan struct{} // closed while nothing is handled
}

type connection struct {
	source netip.Prefix
	busy   bool
}

func newConnections(perAddress, open int, proxies Proxies) *connections {
	c := &connections{
		perAddress: perAddress, open: open, proxies: proxies, known: map[net.Conn]*connection{}, busy: map[netip.Prefix]int{},
		upgraded: map[net.Conn]struct{}{}, idle: make(chan struct{}),
	}
	close(c.idle)
	return c
}

// state implements http.Server.ConnState. A connection above a limit is closed
// before a byte of it is read.
func (c *connections) state(conn net.Conn, s http.ConnState) {
	c.mu.Lock()
	defer c.mu.Unlock()
	k := c.known[conn]
	switch {
	case s == http.StateNew:
		from := peer(conn)
		k = &connection{source: network(from)}
		crowded := c.busy[k.source] >= c.perAddress && !c.proxies.contain(from)
		if len(c.known) >= c.open || crowded {
			_ = conn.Close() // the server notices and says so by StateClosed
			return
		}
		c.known[conn] = k
		c.set(k, true)
	case k == nil: // above a limit
	case s == http.StateActive:
		c.set(k, true)
	case s == http.StateIdle:
		c.set(k, false)
	default:
		c.set(k, false)
		delete(c.known, conn)
		if s == http.StateHijacked {
			c.upgraded[conn] = struct{}{}
		}
	}
}

func (c *connections) set(k *connection, busy bool) {
	if k.busy == busy {
		return
	}
	k.busy = busy
	if busy {
		c.busy[k.source]++
		return
	}
	if c.busy[k.source]--; c.busy[k.source] == 0 {
		delete(c.busy, k.source)
	}
}

func (c *connections) begin() {
	c.mu.Lock()
	defer c.mu.Unlock()
	if c.handling == 0 {
		c.idle = make(chan struct{})
	}
	c.handling++
}

// end closes the connection of a handler that returned, if it was upgraded.
func (c *connections) end(conn net.Conn) {
	c.mu.Lock()
	defer c.mu.Unlock()
	if _, ok := c.upgraded[conn]; ok {
		delete(c.upgraded, conn)
		_ = conn.Close() // closed already, unless the handler panicked
	}
	if c.handling--; c.handling == 0 {
		close(c.idle)
	}
}

// wait reports whether all handlers returned before the context ended.
func (c *connections) wait(ctx context.Context) bool {
	c.mu.Lock()
	idle := c.idle
	c.mu.Unlock()
	select {
	case <-idle:
		return true
	default:
	}
	select {
	case <-idle:
		return true
	case <-ctx.Done():
		return false
	}
}

func (c *connections) closeUpgraded() {
	c.mu.Lock()
	defer c.mu.Unlock()
	for conn := range c.upgraded {
		_ = conn.Close() // its handler is told by the error of its next read
	}
}
