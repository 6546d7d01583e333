package sipua_test

import (
	"context"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/va-gateway/terraform-provider-va/gateway/internal/protocol/sipua"
)

// both runs a test over UDP and over TCP.
func both(t *testing.T, name string, f func(*testing.T, sipua.Transport)) {
	t.Helper()
	for _, transport := range []sipua.Transport{sipua.UDP, sipua.TCP} {
		t.Run(name+" over "+string(transport), func(t *testing.T) {
			t.Parallel()
			f(t, transport)
		})
	}
}

func TestCall(t *testing.T) {
	t.Parallel()
	both(t, "SIP-01 INVITE, 200, ACK, BYE", func(t *testing.T, transport sipua.Transport) {
		r := start(t, options{})
		d := r.dial(transport).dialog()
		res := d.establish()
		require.Equal(t, "v=0 answer", string(res.Body()))
		require.Equal(t, "application/sdp", res.ContentType().Value())
		c := r.call()
		require.Equal(t, "chn_listed", c.Trunk().ID)
		require.Equal(t, "+15557654321", c.From())
		require.Equal(t, called, c.To())
		require.Equal(t, []string{"answer " + offer}, r.media.asked())
		d.say("BYE", "")
		d.response(200)
		r.ended(c, sipua.End{Cause: sipua.CauseBye})
		require.Zero(t, r.Calls())
		require.Zero(t, r.Unacked())
	})
	both(t, "SIP-01 the gateway hangs up", func(t *testing.T, transport sipua.Transport) {
		r := start(t, options{})
		d := r.dial(transport).dialog()
		d.establish()
		c := r.call()
		said := make(chan error, 1)
		go func() { said <- c.Bye(t.Context(), sipua.Goodbye{Text: "resolved"}) }()
		bye := d.request("BYE")
		require.Equal(t, `Q.850;cause=16;text="resolved"`, bye.GetHeader("reason").Value())
		require.Equal(t, d.callID, bye.CallID().Value())
		d.answer(bye, 200)
		require.NoError(t, <-said)
		r.ended(c, sipua.End{Local: true, Cause: sipua.CauseBye})
	})
	both(t, "SIP-01 CANCEL before the answer", func(t *testing.T, transport sipua.Transport) {
		calls := make(chan *sipua.Call, 1)
		r := start(t, options{accept: func(ctx context.Context, c *sipua.Call) {
			calls <- c
			<-c.Done()
		}})
		d := r.dial(transport).dialog()
		d.say("INVITE", offer)
		c := <-calls
		d.response(180)
		d.say("CANCEL", "")
		d.response(200)
		d.response(487)
		r.ended(c, sipua.End{Cause: sipua.CauseCancel})
		require.Zero(t, r.Calls())
	})
	both(t, "SIP-01 CANCEL after the answer", func(t *testing.T, transport sipua.Transport) {
		r := start(t, options{})
		d := r.dial(transport).dialog()
		d.say("INVITE", offer)
		d.answered(d.response(200))
		tag := d.toTag
		d.toTag = ""
		d.say("CANCEL", "")
		d.response(200)
		d.toTag = tag
		d.say("ACK", "")
		c := r.call()
		d.say("BYE", "")
		d.response(200)
		r.ended(c, sipua.End{Cause: sipua.CauseBye})
	})
	both(t, "SIP-01 the offer comes late", func(t *testing.T, transport sipua.Transport) {
		r := start(t, options{})
		d := r.dial(transport).dialog()
		d.say("INVITE", "")
		res := d.response(200)
		require.Equal(t, "v=0 offer", string(res.Body()))
		d.answered(res)
		d.say("ACK", "v=0 late")
		r.call()
		require.Equal(t, []string{"offer", "accept v=0 late"}, r.media.asked())
	})
	both(t, "SIP-01 the offer never comes", func(t *testing.T, transport sipua.Transport) {
		failed := make(chan error, 1)
		m := &media{}
		r := start(t, options{accept: func(ctx context.Context, c *sipua.Call) { failed <- c.Answer(ctx, m) }})
		d := r.dial(transport).dialog()
		d.say("INVITE", "")
		d.answered(d.response(200))
		d.say("ACK", "")
		bye := d.request("BYE")
		d.answer(bye, 200)
		require.Error(t, <-failed)
		require.Eventually(t, func() bool { return r.Calls() == 0 }, patience, tick)
	})
	both(t, "the media takes no offer", func(t *testing.T, transport sipua.Transport) {
		r := start(t, options{})
		r.media.refuses(&sipua.Refusal{Status: 488, Reason: "sdp_codec", Detail: "PCMU or PCMA"})
		d := r.dial(transport).dialog()
		d.say("INVITE", offer)
		res := d.response(488)
		require.Equal(t, `399 va.example.com "PCMU or PCMA"`, res.GetHeader("warning").Value())
		require.Eventually(t, func() bool { return r.Calls() == 0 && r.Unacked() == 0 }, patience, tick)
		require.Equal(t, []string{"sdp_codec"}, r.reasons())
	})
	both(t, "SIP-12 an INVITE twice is one call", func(t *testing.T, transport sipua.Transport) {
		if transport != sipua.UDP {
			t.Skip("a stream repeats nothing")
		}
		r := start(t, options{})
		d := r.dial(transport).dialog()
		m := d.message("INVITE", offer)
		d.send(m)
		d.send(m)
		d.answered(d.response(200))
		d.say("ACK", "")
		r.call()
		require.Equal(t, 1, r.Calls())
	})
	both(t, "a merged INVITE", func(t *testing.T, transport sipua.Transport) {
		r := start(t, options{})
		d := r.dial(transport).dialog()
		d.establish()
		other := *d
		other.toTag, other.seq = "", 0
		other.say("INVITE", offer)
		other.response(482)
	})
}
