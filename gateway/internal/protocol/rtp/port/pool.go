package port

import (
	"errors"
	"fmt"
	"math/rand/v2"
	"net"
	"net/netip"
	"sync"
	"syscall"
	"time"
)

const (
	// quiet is how long a pair must have received nothing before its numbers
	// are lent again.
	quiet = 30 * time.Second
	// longest bounds the wait for a sender that never stops.
	longest = 10 * time.Minute
)

// ErrExhausted is answered by Open when every pair is lent, draining or taken
// by another program.
var ErrExhausted = errors.New("no RTP port is free")

// Pool lends the pairs of one range. Its methods may be called from any
// goroutine.
type Pool struct {
	// Quiet and Longest are how long a pair is drained: until it has been quiet
	// that long, at the longest so long. They are set before the first Open.
	Quiet, Longest time.Duration

	addr  netip.Addr
	first uint16 // even
	done  chan struct{}
	drain sync.WaitGroup

	mu     sync.Mutex
	taken  []bool // per pair
	free   int
	closed bool
}

// NewPool makes a pool of the even ports from low to high-1, each with the odd
// port above it, bound to addr.
func NewPool(addr netip.Addr, low, high uint16) (*Pool, error) {
	first := int(low) + int(low&1)
	n := (int(high) - first + 1) / 2
	if !addr.IsValid() || low == 0 || n < 1 {
		return nil, fmt.Errorf("RTP ports %d to %d of %s: need an address and a pair of an even and an odd port",
			low, high, addr)
	}
	return &Pool{
		Quiet: quiet, Longest: longest,
		addr: addr, first: uint16(first), done: make(chan struct{}), taken: make([]bool, n), free: n,
	}, nil
}

// Pair is two bound sockets, the even port for RTP and the next one for RTCP.
type Pair struct {
	RTP, RTCP *net.UDPConn

	pool *Pool
	n    int
	once sync.Once
}

// Port is the number of the RTP port.
func (p *Pair) Port() uint16 { return p.pool.first + uint16(2*p.n) }

// Open binds a pair. It begins its search at a random place, since a port that
// can be guessed is easier to flood.
func (p *Pool) Open() (*Pair, error) {
	start := rand.IntN(len(p.taken))
	for i := range p.taken {
		n := (start + i) % len(p.taken)
		if !p.take(n) {
			continue
		}
		pair, err := p.bind(n)
		if err == nil {
			return pair, nil
		}
		p.release(n)
		if !errors.Is(err, syscall.EADDRINUSE) {
			return nil, fmt.Errorf("bind RTP ports: %w", err)
		}
	}
	return nil, ErrExhausted
}

func (p *Pool) bind(n int) (*Pair, error) {
	pair := &Pair{pool: p, n: n}
	var err error
	if pair.RTP, err = net.ListenUDP("udp", p.udp(pair.Port())); err != nil {
		return nil, err
	}
	if pair.RTCP, err = net.ListenUDP("udp", p.udp(pair.Port()+1)); err != nil {
		_ = pair.RTP.Close()
		return nil, err
	}
	return pair, nil
}

func (p *Pool) udp(port uint16) *net.UDPAddr {
	return net.UDPAddrFromAddrPort(netip.AddrPortFrom(p.addr, port))
}

// take marks a pair as lent, if it is free.
func (p *Pool) take(n int) bool {
	p.mu.Lock()
	defer p.mu.Unlock()
	if p.closed || p.taken[n] {
		return false
	}
	p.taken[n] = true
	p.free--
	return true
}

func (p *Pool) release(n int) {
	p.mu.Lock()
	defer p.mu.Unlock()
	p.taken[n] = false
	p.free++
}

// Free is how many pairs are neither lent nor draining.
func (p *Pool) Free() int {
	p.mu.Lock()
	defer p.mu.Unlock()
	return p.free
}

// Close unbinds what is draining and waits for it. Pairs that are lent are
// unbound when they are given back; none is lent any more.
func (p *Pool) Close() {
	p.mu.Lock()
	if !p.closed {
		p.closed = true
		close(p.done)
	}
	p.mu.Unlock()
	p.drain.Wait()
}
