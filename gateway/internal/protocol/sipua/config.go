package sipua

import (
	"context"
	"crypto/tls"
	"fmt"
	"log/slog"
	"net/netip"
	"strings"
	"time"

	"github.com/va-gateway/terraform-provider-va/gateway/internal/protocol/sipua/trunk"
)

// Transport of SIP.
type Transport string

// Transports.
const (
	UDP Transport = "udp"
	TCP Transport = "tcp"
	TLS Transport = "tls"
)

// Listen is one socket of a Server.
type Listen struct {
	Transport Transport
	Address   netip.AddrPort
}

// ParseListen reads a list such as "udp://127.0.0.1:5060,tls://127.0.0.1:5061".
func ParseListen(s string) ([]Listen, error) {
	var all []Listen
	for _, one := range strings.Split(s, ",") {
		transport, address, ok := strings.Cut(strings.TrimSpace(one), "://")
		l := Listen{Transport: Transport(transport)}
		if !ok || (l.Transport != UDP && l.Transport != TCP && l.Transport != TLS) {
			return nil, fmt.Errorf("listener %q: write udp://, tcp:// or tls:// before the address", one)
		}
		var err error
		if l.Address, err = netip.ParseAddrPort(address); err != nil {
			return nil, fmt.Errorf("listener %q: %w", one, err)
		}
		all = append(all, l)
	}
	return all, nil
}

// Config of a Server. Listen, Trunks and Accept are required.
type Config struct {
	Listen []Listen
	// Advertise is the address in Contact and Via; zero means that of the
	// listener, which must then be one address.
	Advertise netip.Addr
	// Host names the gateway in Warning headers, and is the realm of digest
	// authentication.
	Host string
	// TLS is required for a TLS listener. Its certificate may change at any
	// time (GetCertificate).
	TLS *tls.Config
	// Trunks gives the current trunks; it is asked for every message.
	Trunks func() *trunk.Set
	// Accept decides about a call of a trunk: it ends with Call.Answer or
	// Call.Reject, and may go on to serve the call. The context ends with the
	// Server. It runs in a goroutine of its own that Close waits for.
	Accept func(ctx context.Context, c *Call)
	// Refused, if set, hears of everything that was refused.
	Refused func(Refusal, Attempt)
	// Full, if set, reports whether new calls are refused soon; OPTIONS then
	// says 503, so that balancers go elsewhere.
	Full func() bool
	Log  *slog.Logger

	// MinExpires and Expires are the session timer's (RFC 4028).
	MinExpires, Expires time.Duration
	// Rate and Burst are messages per second of one source.
	Rate, Burst float64
	// MaxCalls bounds dialogs, MaxUnacked those of one trunk that were not
	// acknowledged, MaxTransactions what other parties began.
	MaxCalls, MaxUnacked, MaxTransactions int
}

// Attempt is whose request was refused.
type Attempt struct {
	Kind, Channel string // of the trunk, if it was found
	Method        string
	Remote        netip.AddrPort
}

func (c *Config) defaults() error {
	for _, d := range []struct {
		value *time.Duration
		is    time.Duration
	}{{&c.MinExpires, 90 * time.Second}, {&c.Expires, 30 * time.Minute}} {
		if *d.value == 0 {
			*d.value = d.is
		}
	}
	for _, d := range []struct {
		value *int
		is    int
	}{{&c.MaxCalls, 10_000}, {&c.MaxUnacked, 200}, {&c.MaxTransactions, 20_000}} {
		if *d.value == 0 {
			*d.value = d.is
		}
	}
	if c.Rate == 0 {
		c.Rate, c.Burst = 500, 1000
	}
	if c.Refused == nil {
		c.Refused = func(Refusal, Attempt) {}
	}
	if c.Full == nil {
		c.Full = func() bool { return false }
	}
	if c.Host == "" {
		c.Host = "localhost"
	}
	if c.Log == nil {
		c.Log = slog.New(slog.DiscardHandler)
	}
	for _, l := range c.Listen {
		if l.Transport == TLS && c.TLS == nil {
			return fmt.Errorf("listener %s://%s needs a certificate", l.Transport, l.Address)
		}
		if l.Address.Addr().IsUnspecified() && !c.Advertise.IsValid() {
			return fmt.Errorf("listener %s://%s stands for every address: say which one others reach", l.Transport, l.Address)
		}
	}
	return nil
}
