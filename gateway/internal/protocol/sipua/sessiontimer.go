package sipua

import (
	"fmt"
	"math/rand/v2"
	"strconv"
	"strings"
	"time"

	"github.com/emiago/sipgo/sip"
)

// session is the session timer of a dialog (RFC 4028). It belongs to the
// goroutine of its call.
type session struct {
	interval time.Duration
	ours     bool   // we refresh
	required bool   // the other side knows timers and refreshes
	stop     func() // of the running timer
}

// negotiate reads what an INVITE or UPDATE wants.
func (t *session) negotiate(r *sip.Request, least, usual time.Duration) *Refusal {
	supported := lists(r, "supported", "timer") || lists(r, "require", "timer") || lists(r, "k", "timer")
	value := firstOf(r, "session-expires", "x")
	interval, refresher, ok := expires(value)
	switch {
	case value != "" && !ok:
		return bad("Session-Expires in seconds")
	case value != "" && interval < least:
		return &Refusal{
			Status: 422, Reason: ReasonSessionInterval,
			headers: []sip.Header{sip.NewHeader("Min-SE", strconv.Itoa(int(least.Seconds())))},
		}
	case value == "":
		interval = usual
		if floor, _, ok := expires(firstOf(r, "min-se")); ok {
			interval = max(interval, floor)
		}
	}
	t.interval = interval
	t.ours = !supported || refresher == "uas"
	t.required = supported && !t.ours
	return nil
}

// headers tell the other side what was agreed.
func (t *session) headers() []sip.Header {
	refresher := "uac"
	if t.ours {
		refresher = "uas"
	}
	all := []sip.Header{
		sip.NewHeader("Supported", "timer"),
		sip.NewHeader("Session-Expires", fmt.Sprintf("%d;refresher=%s", int(t.interval.Seconds()), refresher)),
	}
	if t.required {
		all = append(all, sip.NewHeader("Require", "timer"))
	}
	return all
}

// start waits for the next refresh, ours or the other side's.
func (t *session) start(c *Call) {
	if t.ours {
		t.stop = c.after(t.interval/2, c.refreshSession)
		return
	}
	t.stop = c.after(t.interval-min(32*time.Second, t.interval/3), c.expired)
}

func (c *Call) expired() {
	c.bye(Goodbye{Protocol: "SIP", Cause: 408, Text: "session expired"}, End{Local: true, Cause: CauseExpired}, nil)
}

// refreshSession sends UPDATE or, to those who do not know it, a re-INVITE with
// the session as it is.
func (c *Call) refreshSession() {
	var description []byte
	method := sip.UPDATE
	if !c.updates {
		var err error
		method = sip.INVITE
		if description, err = c.media.Offer(); err != nil {
			c.expired()
			return
		}
	}
	r := func() *sip.Request {
		r := c.build(method, sip.NewHeader("Supported", "timer"), sip.NewHeader("Allow", allow),
			sip.NewHeader("Session-Expires", fmt.Sprintf("%d;refresher=uac", int(c.timer.interval.Seconds()))))
		if description != nil {
			r.AppendHeader(sip.NewHeader("Content-Type", sdpType))
			r.SetBody(description)
		}
		return r
	}
	c.own.add(c, &ownRequest{build: r, offers: method == sip.INVITE, done: c.refreshed})
}

func (c *Call) refreshed(res *sip.Response, err error) {
	switch {
	case err != nil || res.StatusCode == 408 || res.StatusCode == 481:
		c.expired()
	case res.IsSuccess():
		if len(res.Body()) > 0 {
			if c.media.Accept(res.Body()) != nil {
				c.expired()
				return
			}
		}
		c.timer.start(c)
	case res.StatusCode == sip.StatusRequestPending:
		// The Call-ID is the other side's: RFC 3261 section 14.1.
		c.timer.stop = c.after(time.Duration(rand.Int64N(int64(2*time.Second))), c.refreshSession)
	case c.updates && (res.StatusCode == 405 || res.StatusCode == 501):
		c.updates = false
		c.refreshSession()
	default: // refused, but the dialog lives: RFC 4028 section 10
		c.timer.start(c)
	}
}

// expires reads "1800;refresher=uac".
func expires(value string) (interval time.Duration, refresher string, ok bool) {
	seconds, params, _ := strings.Cut(value, ";")
	n, err := strconv.ParseUint(strings.TrimSpace(seconds), 10, 31)
	if err != nil {
		return 0, "", false
	}
	for _, p := range strings.Split(params, ";") {
		name, v, _ := strings.Cut(strings.TrimSpace(p), "=")
		if strings.EqualFold(name, "refresher") {
			refresher = strings.ToLower(v)
		}
	}
	return time.Duration(n) * time.Second, refresher, true
}
