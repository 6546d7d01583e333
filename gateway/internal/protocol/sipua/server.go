package sipua

import (
	"context"
	"crypto/hmac"
	"crypto/rand"
	"crypto/sha256"
	"encoding/hex"
	"errors"
	"fmt"
	"net"
	"net/netip"
	"sync"
	"sync/atomic"
	"syscall"

	"github.com/emiago/sipgo/sip"

	"github.com/va-gateway/terraform-provider-va/gateway/internal/protocol/sipua/internal/digest"
	"github.com/va-gateway/terraform-provider-va/gateway/internal/protocol/sipua/internal/gate"
	"github.com/va-gateway/terraform-provider-va/gateway/internal/protocol/sipua/internal/library"
)

// Server is the SIP endpoint.
type Server struct {
	Config
	gate    *gate.Gate
	layer   *sip.TransportLayer
	tx      *sip.TransactionLayer
	sockets []*socket
	table   table
	tagKey  []byte
	nonces  *digest.Nonces

	draining     atomic.Bool
	transactions atomic.Int64

	ctx     context.Context // of everything the server began
	stop    context.CancelFunc
	serving sync.WaitGroup // of the sockets

	mu     sync.Mutex     // guards closed
	closed bool           // no call begins any more
	calls  sync.WaitGroup // everything that calls do

	// open makes the sockets; tests give others.
	open opener
}

// New makes a server that does not listen yet.
func New(c Config) (*Server, error) {
	if err := c.defaults(); err != nil {
		return nil, err
	}
	log := newLog(c.Log)
	library.Prepare()
	s := &Server{Config: c, tagKey: make([]byte, sha256.Size), nonces: digest.NewNonces(), open: systemOpener{}}
	_, _ = rand.Read(s.tagKey) // never fails since Go 1.24
	s.table.init()
	s.gate = &gate.Gate{
		Trunks: c.Trunks, Known: s.table.known, Talks: s.table.talks, Parses: parses(newParser()),
		Rate: c.Rate, Burst: c.Burst,
		Refused: func(reason string) { c.Refused(Refusal{Reason: reason}, Attempt{}) },
	}
	s.gate.Start()
	// The library is not to dial: connections it would make are not filtered,
	// and their addresses come from messages.
	s.layer = sip.NewTransportLayer(noDNS(), newParser(), c.TLS,
		sip.WithTransportLayerLogger(log),
		sip.WithTransportLayerTransports(sip.TransportsConfig{
			TCP: &sip.TransportTCP{DialerCreate: noDial},
			TLS: &sip.TransportTLS{TransportTCP: &sip.TransportTCP{DialerCreate: noDial}},
		}))
	s.layer.OnMessage(s.first)
	s.tx = sip.NewTransactionLayer(s.layer,
		sip.WithTransactionLayerLogger(log),
		sip.WithTransactionLayerUnhandledResponseHandler(func(*sip.Response) {}))
	s.tx.OnRequest(s.handle)
	s.ctx, s.stop = context.WithCancel(context.Background())
	return s, nil
}

var errNoDial = errors.New("connections are opened by the other side")

func noDial(net.Addr) net.Dialer {
	return net.Dialer{Control: func(string, string, syscall.RawConn) error { return errNoDial }}
}

func noDNS() *net.Resolver {
	return &net.Resolver{
		PreferGo: true,
		Dial:     func(context.Context, string, string) (net.Conn, error) { return nil, errNoDial },
	}
}

// parses reports whether a parser takes a message. A panic of the parser costs
// that message only.
func parses(p *sip.Parser) func([]byte) bool {
	return func(data []byte) (ok bool) {
		defer func() {
			if recover() != nil {
				ok = false
			}
		}()
		_, err := p.ParseSIP(data)
		return err == nil
	}
}

// Start opens the sockets and serves them until Close.
func (s *Server) Start(ctx context.Context) error {
	for _, l := range s.Listen {
		one, err := s.newSocket(ctx, l)
		if err != nil {
			s.closeSockets()
			return fmt.Errorf("listen on %s://%s: %w", l.Transport, l.Address, err)
		}
		s.sockets = append(s.sockets, one)
	}
	for _, one := range s.sockets {
		s.serving.Go(one.serve)
	}
	return nil
}

// Address is where the first listener of a transport listens.
func (s *Server) Address(t Transport) (netip.AddrPort, bool) {
	for _, one := range s.sockets {
		if one.Transport == t {
			return one.local, true
		}
	}
	return netip.AddrPort{}, false
}

// Ready reports whether every socket is open and new calls are taken.
func (s *Server) Ready() bool {
	for _, one := range s.sockets {
		if !one.up.Load() {
			return false
		}
	}
	return !s.draining.Load()
}

// Drain refuses new calls; those that run go on.
func (s *Server) Drain() { s.draining.Store(true) }

// Calls is the number of dialogs.
func (s *Server) Calls() int { return s.table.len() }

// Banned is the number of sources that are banned now.
func (s *Server) Banned() int { return s.gate.Banned() }

// Close says BYE to the calls that are left, as long as the context lasts, and
// ends everything.
func (s *Server) Close(ctx context.Context) {
	s.Drain()
	var saying sync.WaitGroup
	for _, c := range s.table.all() {
		saying.Go(func() { _ = c.Bye(ctx, Goodbye{Cause: causeNormal, Text: "drain_timeout"}) }) // best effort
	}
	saying.Wait()
	s.mu.Lock()
	s.closed = true
	s.mu.Unlock()
	s.stop()
	// The library opens a socket of its own for a request whose socket is gone:
	// nobody may send any more when they are closed.
	s.calls.Wait()
	s.closeSockets()
	s.tx.Close()
	_ = s.layer.Close()
	s.serving.Wait()
}

// begin starts what a call does in goroutines of its own; false after Close.
func (s *Server) begin(all ...func()) bool {
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.closed {
		return false
	}
	for _, f := range all {
		s.calls.Go(f)
	}
	return true
}

func (s *Server) closeSockets() {
	for _, one := range s.sockets {
		one.close()
	}
}

// statelessTag makes the To tag of a refusal: the same for a repeated request,
// without remembering any (RFC 3261 section 8.2.7).
func (s *Server) statelessTag(r *sip.Request) string {
	mac := hmac.New(sha256.New, s.tagKey)
	if h := r.CallID(); h != nil {
		mac.Write([]byte(*h))
	}
	if h := r.From(); h != nil {
		mac.Write([]byte("\x00" + tag(h.Params)))
	}
	if h := r.CSeq(); h != nil {
		mac.Write([]byte("\x00" + h.Value()))
	}
	return hex.EncodeToString(mac.Sum(nil)[:8])
}
