package sipua

import (
	"context"
	"encoding/hex"
	"errors"
	"fmt"
	"strconv"
	"strings"
	"time"

	"github.com/emiago/sipgo/sip"

	"github.com/va-gateway/terraform-provider-va/gateway/sipaddress"
)

const (
	// transferWait is how long a platform may take to say what became of a REFER.
	transferWait = 30 * time.Second
	// aliveWithin is how young media must be for the caller to be still there.
	aliveWithin = 2 * time.Second
)

// Transfer asks the platform to connect the caller elsewhere.
type Transfer struct {
	// Address is user@domain as sipaddress.CheckTransfer wants it.
	Address string
	// Context goes into the Refer-To address as User-to-User, or becomes a header
	// of the REFER.
	Context Context
	Wait    time.Duration // for the outcome; 30 s if zero
}

// TransferError is a transfer that did not happen. The call goes on.
type TransferError struct {
	Status int // SIP status, of the REFER or of the NOTIFY; 0 when time ran out
	Reason string
}

// Error implements error.
func (e *TransferError) Error() string { return fmt.Sprintf("transfer %s (%d)", e.Reason, e.Status) }

// Reasons of a TransferError.
const (
	TransferRefused = "refused" // the REFER was
	TransferFailed  = "failed"  // the platform tried
	TransferTimeout = "timeout" // nothing was heard of it, but of the caller
)

// ErrUnconfirmed is a transfer nobody confirmed while the caller's media
// stopped: the call was ended.
var ErrUnconfirmed = errors.New("the transfer was not confirmed")

type transfer struct {
	Transfer
	seq        uint32 // of the REFER
	subscribed bool
	stop       func() // of the time limit
	result     chan error
}

// Refer transfers the caller and waits for the outcome. After nil the call has
// ended, after ErrUnconfirmed and ErrEnded, too; after a *TransferError it goes
// on.
func (c *Call) Refer(ctx context.Context, t Transfer) error {
	if sipaddress.CheckTransfer(t.Address) != nil {
		return &TransferError{Reason: TransferRefused}
	}
	one := &transfer{Transfer: t, result: make(chan error, 1)}
	if !c.offer(func() { c.refer(one) }) {
		return ErrEnded
	}
	select {
	case err := <-one.result:
		return err
	case <-c.done:
		select {
		case err := <-one.result:
			return err
		default:
			return ErrEnded
		}
	case <-ctx.Done():
		return ctx.Err()
	}
}

func (c *Call) refer(t *transfer) {
	if c.transfer != nil || c.phase == ringing || c.phase == leaving || c.phase == over {
		t.result <- ErrEnded
		return
	}
	c.transfer = t
	c.own.add(c, &ownRequest{
		build: func() *sip.Request {
			contact := c.socket.contact()
			r := c.build(sip.REFER,
				sip.NewHeader("Refer-To", t.referTo()), sip.NewHeader("Referred-By", "<"+contact.String()+">"))
			if h, ok := t.Context.header(); ok && !t.Context.userToUser() {
				r.AppendHeader(h)
			}
			t.seq = r.CSeq().SeqNo
			return r
		},
		done: c.referred,
	})
}

// referTo is the address with the context in it: that is where contact centres
// read it from, and not in a header of the REFER.
func (t *transfer) referTo() string {
	user, domain, _ := strings.Cut(t.Address, "@")
	uri := "sip:" + user + "@" + domain
	if t.Context.userToUser() && t.Context.Value != "" && safe(t.Context.Value) {
		uri += "?User-to-User=" + escape(userToUser(t.Context.Value))
	}
	return "<" + uri + ">"
}

func (c Context) userToUser() bool { return strings.EqualFold(c.Header, "User-to-User") }

// userToUser encodes a value for a User-to-User header (RFC 7433).
func userToUser(value string) string {
	return strings.ToUpper(hex.EncodeToString([]byte(value))) + ";encoding=hex"
}

// referred is the final response to our REFER. A NOTIFY may have been faster.
func (c *Call) referred(res *sip.Response, err error) {
	t := c.transfer
	if t == nil {
		return
	}
	if err != nil {
		c.transferDone(&TransferError{Status: 408, Reason: TransferRefused})
		return
	}
	if !res.IsSuccess() {
		c.transferDone(&TransferError{Status: res.StatusCode, Reason: TransferRefused})
		return
	}
	t.subscribed = true
	wait := t.Wait
	if wait == 0 {
		wait = transferWait
	}
	t.stop = c.after(wait, c.transferTimeout)
}

func (c *Call) transferTimeout() {
	if time.Since(c.media.Heard()) <= aliveWithin {
		c.transferDone(&TransferError{Reason: TransferTimeout})
		return
	}
	c.transferDone(ErrUnconfirmed)
	c.bye(Goodbye{Text: "transfer unconfirmed"}, End{Local: true, Cause: CauseTransferred}, nil)
}

// transferDone reports what became of the transfer, if there is one.
func (c *Call) transferDone(err error) {
	t := c.transfer
	if t == nil {
		return
	}
	if t.stop != nil {
		t.stop()
	}
	c.transfer = nil
	t.result <- err
}

// notified is news about our REFER (RFC 3515).
func (c *Call) notified(r *sip.Request, tx *sip.ServerTx) *Refusal {
	t := c.transfer
	if t == nil || t.seq == 0 {
		return &Refusal{Status: sip.StatusCallTransactionDoesNotExists, Reason: ReasonEvent}
	}
	event, params, _ := strings.Cut(firstOf(r, "event", "o"), ";")
	if !strings.EqualFold(strings.TrimSpace(event), "refer") {
		return &Refusal{Status: 489, Reason: ReasonEvent}
	}
	if id, ok := strings.CutPrefix(strings.TrimSpace(params), "id="); ok && id != strconv.FormatUint(uint64(t.seq), 10) {
		return &Refusal{Status: sip.StatusCallTransactionDoesNotExists, Reason: ReasonEvent}
	}
	c.reply(r, tx)
	t.subscribed = true // whether its response was as fast or not
	status := 0
	if mediaType(r, "message/sipfrag") {
		status = sipfrag(r.Body())
	}
	switch {
	case status >= 300:
		c.transferDone(&TransferError{Status: status, Reason: TransferFailed})
	case status >= 200:
		c.transferDone(nil)
		c.bye(Goodbye{Text: "transferred"}, End{Local: true, Cause: CauseTransferred}, nil)
	}
	return nil
}

// sipfrag reads the status of "SIP/2.0 200 OK" (RFC 3420), 0 if there is none.
func sipfrag(body []byte) int {
	line, _, _ := strings.Cut(string(body[:min(len(body), 256)]), "\n")
	version, rest, _ := strings.Cut(strings.TrimSpace(line), " ")
	code, _, _ := strings.Cut(rest, " ")
	n, err := strconv.Atoi(code)
	if !strings.EqualFold(version, "SIP/2.0") || err != nil || n < 100 || n > 699 {
		return 0
	}
	return n
}
