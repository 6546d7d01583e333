package gate

import (
	"net/netip"
	"sync"
	"time"

	"github.com/va-gateway/terraform-provider-va/gateway/internal/lru"
	"github.com/va-gateway/terraform-provider-va/gateway/internal/protocol/sipua/rawsip"
	"github.com/va-gateway/terraform-provider-va/gateway/internal/protocol/sipua/trunk"
)

const (
	// MaxDatagram is the longest datagram that is looked at, in bytes.
	MaxDatagram = 8 << 10

	maxSources = 10_000 // of each class that are remembered
	maxCalls   = 10_000 // Call-IDs that are remembered without a dialog
	maxCallID  = 256    // bytes of one of them
	// callLife is how long the requests of a call without dialog may follow:
	// 64·T1 of RFC 3261, and some room.
	callLife = 40 * time.Second

	strikes   = 5           // wrong tokens within strikeLife that ban a source
	banLife   = time.Minute // of one ban
	goodLife  = time.Hour   // a source that showed a token is not banned
	strikeFor = time.Minute
)

// Reasons of refusal.
const (
	ReasonSource   = "source_unknown"
	ReasonBanned   = "source_banned"
	ReasonRate     = "rate"
	ReasonSize     = "size"
	ReasonToken    = "token_bad"
	ReasonParse    = "parse"
	ReasonResponse = "response_unknown"
)

// Verdict is what happens to a message.
type Verdict uint8

// Verdicts.
const (
	Admit Verdict = iota + 1
	Drop
	// Unwanted is a message of a source on no list; a stream that begins with
	// one is closed.
	Unwanted
	// Unreadable is a message after which a stream has no next one.
	Unreadable
)

// Gate holds what sources did. mu guards the maps.
type Gate struct {
	// Trunks gives the current trunks.
	Trunks func() *trunk.Set
	// Known reports whether a Call-ID belongs to a dialog.
	Known func(callID string) bool
	// Talks reports whether a dialog goes on with the address. Such a peer may
	// end it when the configuration does not list it any more.
	Talks func(a netip.Addr) bool
	// Parses reports whether the parser behind takes the message.
	Parses func(data []byte) bool
	// Refused counts what was dropped.
	Refused func(reason string)
	// Rate and Burst are messages per second of one source.
	Rate, Burst float64

	mu     sync.Mutex
	listed *lru.Map[netip.Prefix, *source]
	others *lru.Map[netip.Prefix, *source]
	calls  *lru.Map[string, *time.Time] // until when
}

// Start must be called once before anything else.
func (g *Gate) Start() {
	g.listed = lru.New[netip.Prefix, *source](maxSources)
	g.others = lru.New[netip.Prefix, *source](maxSources)
	g.calls = lru.New[string, *time.Time](maxCalls)
}

// source is what one address did.
type source struct {
	bucket  float64
	at      time.Time // of bucket
	strikes int
	struck  time.Time // of the first of strikes
	banned  time.Time // until
	good    time.Time // until
}

// Banned is the number of sources that are banned now.
func (g *Gate) Banned() int {
	now, n := time.Now(), 0
	g.mu.Lock()
	defer g.mu.Unlock()
	g.others.Each(func(s *source) {
		if now.Before(s.banned) {
			n++
		}
	})
	return n
}

// Peer reports whether a connection from the address may be opened.
func (g *Gate) Peer(a netip.Addr) bool {
	set := g.Trunks()
	if set.Listed(a) {
		return true
	}
	if !set.Open() && !g.Talks(a) {
		g.Refused(ReasonSource)
		return false
	}
	g.mu.Lock()
	defer g.mu.Unlock()
	if time.Now().Before(g.source(g.others, a).banned) {
		g.Refused(ReasonBanned)
		return false
	}
	return true
}

// Datagram decides about a datagram, cheap checks first.
func (g *Gate) Datagram(a netip.Addr, data []byte) bool {
	set := g.Trunks()
	listed := set.Listed(a)
	if !listed && !set.Open() && !g.Talks(a) {
		g.Refused(ReasonSource)
		return false
	}
	if len(data) > MaxDatagram {
		g.Refused(ReasonSize)
		return false
	}
	return g.decide(set, listed, a, data) == Admit
}

// Message decides about one whole message of a stream.
func (g *Gate) Message(a netip.Addr, data []byte) Verdict {
	set := g.Trunks()
	listed := set.Listed(a)
	if !listed && !set.Open() && !g.Talks(a) {
		g.Refused(ReasonSource) // the list became shorter while it was connected
		return Unwanted
	}
	v := g.decide(set, listed, a, data)
	if v == Drop && !listed {
		return Unwanted
	}
	return v
}

func (g *Gate) decide(set *trunk.Set, listed bool, a netip.Addr, data []byte) Verdict {
	if reason := g.allow(listed, a); reason != "" {
		g.Refused(reason)
		return Drop
	}
	var head rawsip.Head
	if rawsip.Scan(data, &head) != nil {
		g.Refused(ReasonParse)
		return Unreadable
	}
	switch {
	case head.Response && g.ours(head.CallID):
	case head.Response:
		g.Refused(ReasonResponse)
		return Drop
	case listed:
	case !g.authentic(set, a, &head):
		g.Refused(ReasonToken)
		return Drop
	}
	if !g.Parses(data) {
		g.Refused(ReasonParse)
		return Unreadable
	}
	return Admit
}

// allow spends one message of the source and says why it may not, if so.
func (g *Gate) allow(listed bool, a netip.Addr) string {
	now := time.Now()
	g.mu.Lock()
	defer g.mu.Unlock()
	sources := g.others
	if listed {
		sources = g.listed
	}
	s := g.source(sources, a)
	if now.Before(s.banned) {
		return ReasonBanned
	}
	s.bucket = min(g.Burst, s.bucket+g.Rate*now.Sub(s.at).Seconds())
	s.at = now
	if s.bucket < 1 {
		return ReasonRate
	}
	s.bucket--
	return ""
}

func (g *Gate) source(sources *lru.Map[netip.Prefix, *source], a netip.Addr) *source {
	return sources.Get(network(a), func() *source { return &source{bucket: g.Burst, at: time.Now()} })
}

// authentic reports whether a request of a source on no list carries the token
// of a trunk without list, or the Call-ID of a call that did. A wrong token
// counts towards a ban; since the source of a datagram can be forged, one that
// has shown a right token is never banned.
func (g *Gate) authentic(set *trunk.Set, a netip.Addr, head *rawsip.Head) bool {
	good := false
	if head.Usable() {
		t := set.Token(string(head.Token))
		good = t != nil && len(t.Sources) == 0
	}
	if !good && g.ours(head.CallID) {
		return true
	}
	now := time.Now()
	g.mu.Lock()
	defer g.mu.Unlock()
	s := g.source(g.others, a)
	if good {
		s.strikes, s.good = 0, now.Add(goodLife)
		if len(head.CallID) > maxCallID {
			return true
		}
		*g.calls.Get(string(head.CallID), func() *time.Time { return new(time.Time) }) = now.Add(callLife)
		return true
	}
	if now.Sub(s.struck) > strikeFor {
		s.strikes, s.struck = 0, now
	}
	if s.strikes++; s.strikes >= strikes && now.After(s.good) {
		s.strikes, s.banned = 0, now.Add(banLife)
	}
	return false
}

// ours reports whether a Call-ID belongs to a dialog or was admitted by its
// token not long ago.
func (g *Gate) ours(callID []byte) bool {
	if len(callID) == 0 {
		return false
	}
	id := string(callID)
	if g.Known(id) {
		return true
	}
	g.mu.Lock()
	defer g.mu.Unlock()
	until, ok := g.calls.Find(id)
	return ok && time.Now().Before(*until)
}

// network is who an address counts for: one customer of an IPv6 network has a
// whole /64 to choose from.
func network(a netip.Addr) netip.Prefix {
	a = a.Unmap().WithZone("")
	bits := 32
	if a.Is6() {
		bits = 64
	}
	p, _ := a.Prefix(bits) // zero for the zero address, which then counts for itself
	return p
}
