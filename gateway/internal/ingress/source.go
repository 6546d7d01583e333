package ingress

import (
	"net"
	"net/http"
	"net/netip"
	"strings"
)

// Proxies are the networks of VA_TRUSTED_PROXIES: balancers whose word about
// the source of a request is taken.
type Proxies []netip.Prefix

const forwardedFor = "X-Forwarded-For"

// Source is who a request comes from: the peer of its connection or, behind a
// trusted proxy, the right-most address of X-Forwarded-For that is not a
// trusted proxy itself. What stands left of it was written by that address,
// and anybody can write anything. It is the zero address when the peer has
// none.
//
// RFC 7239 Forwarded is not read: a proxy that knows only one of the two
// headers passes on what a client wrote into the other one.
func (p Proxies) Source(r *http.Request) netip.Addr {
	source := address(r.RemoteAddr)
	if !p.contain(source) {
		return source
	}
	lines := r.Header.Values(forwardedFor)
	for i := len(lines) - 1; i >= 0; i-- {
		for rest := lines[i]; rest != ""; {
			cut := strings.LastIndexByte(rest, ',')
			hop := address(strings.Trim(rest[cut+1:], " \t"))
			if !hop.IsValid() {
				return source // who passed this on is all that is known
			}
			source, rest = hop, rest[:max(cut, 0)]
			if !p.contain(source) {
				return source
			}
		}
	}
	return source
}

// believe puts the source of a request where handlers look for it, RemoteAddr:
// limits, refusals and logs then name the source and not the balancer. URLs and
// signatures use neither. A request that came directly is left as it is.
func (p Proxies) believe(r *http.Request) *http.Request {
	if !p.contain(address(r.RemoteAddr)) {
		return r
	}
	said := *r // the server's own request stays as it is
	said.RemoteAddr = netip.AddrPortFrom(p.Source(r), 0).String()
	return &said
}

func (p Proxies) contain(a netip.Addr) bool {
	for _, network := range p {
		if network.Contains(a) {
			return true
		}
	}
	return false
}

// address reads an address with or without a port, as RemoteAddr and the
// proxies write it; zero if it is none. Zones mean nothing to another host.
func address(s string) netip.Addr {
	if pair, err := netip.ParseAddrPort(s); err == nil {
		return pair.Addr().Unmap().WithZone("")
	}
	if inner, ok := strings.CutPrefix(s, "["); ok {
		s = strings.TrimSuffix(inner, "]")
	}
	a, err := netip.ParseAddr(s)
	if err != nil {
		return netip.Addr{}
	}
	return a.Unmap().WithZone("")
}

// network is who an address counts for: one customer of an IPv6 network has a
// whole /64 to choose from. It is zero for the zero address.
func network(a netip.Addr) netip.Prefix {
	bits := 32
	if a.Is6() {
		bits = 64
	}
	p, err := a.Prefix(bits)
	if err != nil {
		return netip.Prefix{}
	}
	return p
}

// Network names who a request counts for, in handlers behind a Server.
func Network(r *http.Request) string { return network(address(r.RemoteAddr)).String() }

func peer(c net.Conn) netip.Addr { return address(c.RemoteAddr().String()) }
