package sipua

import (
	"context"
	"crypto/rand"
	"errors"
	"net/netip"
	"sync"
	"time"

	"github.com/emiago/sipgo/sip"

	"github.com/va-gateway/terraform-provider-va/gateway/internal/protocol/sipua/trunk"
)

const (
	maxWork   = 32 // requests and timers of one dialog that wait
	maxDigits = 32 // digits nobody took yet
)

// ErrEnded is what the methods of an ended call answer.
var ErrEnded = errors.New("the call has ended")

// Media is the session of one call. Its methods are called by one goroutine at
// a time, except Heard. An error that is a *Refusal says how the offer is to be
// refused; others become 488.
type Media interface {
	// Answer answers an offer of the other side, the first one or a later one.
	Answer(offer []byte) (answer []byte, err error)
	// Offer gives the full description of the session as it is.
	Offer() ([]byte, error)
	// Accept takes the answer to Offer.
	Accept(answer []byte) error
	// Heard is when media of the other side came last. Any goroutine may ask.
	Heard() time.Time
}

// End is how a call ended.
type End struct {
	// Local is set when the gateway ended it.
	Local bool
	// Cause is one stable word: "bye", "cancel", "refused", "no_ack",
	// "session_expired", "no_answer_body", "transferred", "lost".
	Cause string
}

// Causes.
const (
	CauseBye         = "bye"
	CauseCancel      = "cancel"
	CauseRefused     = "refused"
	CauseNoACK       = "no_ack"
	CauseExpired     = "session_expired"
	CauseNoAnswer    = "no_answer_body"
	CauseTransferred = "transferred"
	CauseLost        = "lost"
)

// phase of a dialog.
type phase uint8

const (
	ringing   phase = iota // the INVITE was not answered
	answering              // 200 was sent, no ACK came
	confirmed
	leaving // BYE was sent
	over
)

// Call is one dialog. What has no comment belongs to run's goroutine.
type Call struct {
	s          *Server
	trunk      *trunk.Trunk // fixed, as all before work
	socket     *socket
	invite     *sip.Request
	invitation *sip.ServerTx
	key        key
	localTag   string

	work     chan func()   // for run
	done     chan struct{} // closed at the end
	answered chan error    // one value: what became of Answer
	digits   chan byte     // by INFO

	mu     sync.Mutex // guards the next four
	source netip.AddrPort
	end    End
	closed bool // no more work is taken
	order  order

	phase     phase
	media     Media
	remoteSeq uint32
	localSeq  uint32
	target    sip.Uri   // of the other side's Contact
	route     []sip.Uri // Record-Route, in order
	updates   bool      // the other side takes UPDATE
	okay      *repeat   // the 200 that waits for its ACK
	lateOffer bool      // that 200 holds our offer
	timer     session
	own       own
	transfer  *transfer
	timers    map[*time.Timer]struct{}
}

func newCall(s *Server, t *trunk.Trunk, k *socket, r *sip.Request, tx *sip.ServerTx) *Call {
	return &Call{
		s: s, trunk: t, socket: k, invite: r, invitation: tx, source: remote(r),
		key:      key{string(*r.CallID()), tag(r.From().Params)},
		localTag: rand.Text(),
		work:     make(chan func(), maxWork),
		done:     make(chan struct{}),
		digits:   make(chan byte, maxDigits),
		answered: make(chan error, 1),
		order:    order{newest: r.CSeq().SeqNo},
	}
}

// CallID is the Call-ID, the platform's name of the call.
func (c *Call) CallID() string { return c.key.callID }

// Trunk is the trunk of the call.
func (c *Call) Trunk() *trunk.Trunk { return c.trunk }

// Remote is where the other side's signalling came from last.
func (c *Call) Remote() netip.AddrPort {
	c.mu.Lock()
	defer c.mu.Unlock()
	return c.source
}

// Encrypted reports whether the signalling came over TLS.
func (c *Call) Encrypted() bool { return c.socket.Transport == TLS }

// Loopback reports whether the call came in by a listener on loopback.
func (c *Call) Loopback() bool { return c.socket.local.Addr().IsLoopback() }

// From is the caller's number, or the user of the address if that is none; ""
// when it is withheld.
func (c *Call) From() string { return who(c.invite.From().Address) }

// To is the called number, or the user of the address if that is none.
func (c *Call) To() string {
	if n := called(c.invite); n != "" {
		return n
	}
	return who(c.invite.Recipient)
}

func who(u sip.Uri) string {
	if n := number(u); n != "" {
		return n
	}
	if u.User == "anonymous" || u.User == "unavailable" {
		return ""
	}
	return printable(u.User)
}

// Header is the first header of the INVITE with the name, "" if there is none.
func (c *Call) Header(name string) string {
	h := c.invite.GetHeader(name)
	if h == nil {
		return ""
	}
	return h.Value()
}

// SDP is the offer of the INVITE; nil when the gateway is to make one.
func (c *Call) SDP() []byte { return c.invite.Body() }

// Digits brings what was pressed and came as INFO.
func (c *Call) Digits() <-chan byte { return c.digits }

// Done is closed when the call has ended.
func (c *Call) Done() <-chan struct{} { return c.done }

// End is how it ended; zero before.
func (c *Call) End() End {
	c.mu.Lock()
	defer c.mu.Unlock()
	return c.end
}

// Answer takes the call with a media session. It returns when the 200 was sent
// or, when the offer is the gateway's, when its answer was accepted. Errors:
// *Refusal of the media, which has been sent; ErrEnded.
func (c *Call) Answer(ctx context.Context, m Media) error {
	if !c.offer(func() { c.answer(m) }) {
		return ErrEnded
	}
	select {
	case err := <-c.answered:
		return err
	case <-c.done:
		select {
		case err := <-c.answered:
			return err
		default:
			return ErrEnded
		}
	case <-ctx.Done():
		return ctx.Err()
	}
}

// Reject refuses the call.
func (c *Call) Reject(r Refusal) {
	c.offer(func() {
		if c.phase == ringing {
			c.refuse(&r)
		}
	})
}

// reaches reports whether in-dialog requests from the address are the other
// side's: from where its requests came, or within the channel's networks,
// because providers change their addresses.
func (c *Call) reaches(a netip.AddrPort) bool {
	return a.IsValid() && (a.Addr() == c.Remote().Addr() || c.trunk.Listed(a.Addr()))
}
