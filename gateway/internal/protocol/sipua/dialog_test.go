package sipua_test

import (
	"strconv"
	"strings"
	"testing"

	"github.com/emiago/sipgo/sip"
	"github.com/stretchr/testify/require"

	"github.com/va-gateway/terraform-provider-va/gateway/internal/protocol/sipua"
)

func TestDialog(t *testing.T) {
	t.Parallel()
	both(t, "SIP-02 re-INVITE with and without a body", func(t *testing.T, transport sipua.Transport) {
		r := start(t, options{})
		d := r.dial(transport).dialog()
		d.establish()
		r.call()
		hold := strings.Replace(offer, "127.0.0.1\r\nt=", "0.0.0.0\r\nt=", 1)
		d.say("INVITE", hold)
		require.Equal(t, "v=0 answer", string(d.response(200).Body()))
		d.say("ACK", "")
		d.say("INVITE", "")
		require.Equal(t, "v=0 offer", string(d.response(200).Body()))
		d.say("ACK", "v=0 resume")
		d.say("OPTIONS", "")
		d.response(200)
		require.Equal(t, []string{"answer " + offer, "answer " + hold, "offer", "accept v=0 resume"}, r.media.asked())
	})
	both(t, "SIP-02 a re-INVITE the media refuses", func(t *testing.T, transport sipua.Transport) {
		r := start(t, options{})
		d := r.dial(transport).dialog()
		d.establish()
		r.media.refuses(&sipua.Refusal{Status: 488, Reason: "sdp_codec"})
		d.say("INVITE", offer)
		d.response(488)
		d.say("ACK", "")
		d.say("OPTIONS", "")
		d.response(200)
		require.Equal(t, 1, r.Calls(), "the call continues unchanged")
	})
	both(t, "a second INVITE while theirs has no ACK", func(t *testing.T, transport sipua.Transport) {
		r := start(t, options{})
		d := r.dial(transport).dialog()
		d.establish()
		d.say("INVITE", offer)
		d.response(200)
		d.say("INVITE", offer)
		res := d.response(500)
		require.NotNil(t, res, "with Retry-After unless it is 0")
	})
	both(t, "sequence numbers that do not rise", func(t *testing.T, transport sipua.Transport) {
		r := start(t, options{})
		d := r.dial(transport).dialog()
		d.seq = 10
		d.establish()
		for _, one := range []struct{ seq, want int }{{6, 500}, {11, 500}, {12, 200}} {
			d.seq = one.seq - 1
			d.say("OPTIONS", "")
			d.response(one.want)
		}
		d.seq = 10
		d.say("UPDATE", "")
		d.response(500)
	})
	both(t, "UPDATE", func(t *testing.T, transport sipua.Transport) {
		r := start(t, options{})
		d := r.dial(transport).dialog()
		d.establish()
		d.say("UPDATE", "")
		require.Empty(t, d.response(200).Body())
		d.say("UPDATE", offer)
		require.Equal(t, "v=0 answer", string(d.response(200).Body()))
	})
	both(t, "SIP-08 digits by INFO", func(t *testing.T, transport sipua.Transport) {
		r := start(t, options{})
		d := r.dial(transport).dialog()
		d.establish()
		c := r.call()
		for _, one := range []struct {
			kind, body string
			digit      byte
		}{
			{"application/dtmf-relay", "Signal=5\r\nDuration=160\r\n", '5'},
			{"application/dtmf-relay", "Signal= *\r\nDuration=160", '*'},
			{"application/dtmf", "#", '#'},
			{"application/dtmf", "10", '*'},
			{"application/dtmf", "d", 'D'},
		} {
			d.say("INFO", one.body, "Content-Type: "+one.kind)
			d.response(200)
			require.Equal(t, one.digit, <-c.Digits())
		}
		d.say("INFO", "x", "Content-Type: application/dtmf")
		d.response(400)
		d.say("INFO", "<x/>", "Content-Type: application/media_control+xml")
		d.response(415)
	})
	both(t, "requests in one piece are served in their order", func(t *testing.T, transport sipua.Transport) {
		r := start(t, options{})
		d := r.dial(transport).dialog()
		d.establish()
		c := r.call()
		const digits = "0123456789*#ABCD"
		var all strings.Builder
		for _, digit := range digits {
			m := d.message("INFO", "Signal="+string(digit), "Content-Type: application/dtmf-relay")
			if transport == sipua.UDP {
				d.send(m)
			}
			all.WriteString(m)
		}
		bye := d.message("BYE", "")
		if transport == sipua.UDP {
			d.send(bye)
		} else {
			d.send(all.String() + bye)
		}
		for range len(digits) + 1 {
			d.response(200)
		}
		for _, digit := range []byte(digits) {
			require.Equal(t, digit, <-c.Digits())
		}
		r.ended(c, sipua.End{Cause: sipua.CauseBye})
	})
	both(t, "SIP-09 two hops of Record-Route", func(t *testing.T, transport sipua.Transport) {
		r := start(t, options{})
		d := r.dial(transport).dialog()
		routes := []string{"Record-Route: <sip:p2.example.com;lr>", "Record-Route: <sip:p1.example.com;lr>"}
		res := d.establish(routes...)
		require.Len(t, res.GetHeaders("record-route"), 2)
		require.Equal(t, "<sip:p2.example.com;lr>", res.GetHeaders("record-route")[0].Value())
		c := r.call()
		go func() { _ = c.Bye(t.Context(), sipua.Goodbye{}) }()
		bye := d.request("BYE")
		require.Len(t, bye.GetHeaders("route"), 2)
		require.Equal(t, "<sip:p2.example.com;lr>", bye.GetHeaders("route")[0].Value())
		require.Equal(t, "<sip:p1.example.com;lr>", bye.GetHeaders("route")[1].Value())
		d.answer(bye, 200)
		r.ended(c, sipua.End{Local: true, Cause: sipua.CauseBye})
	})
	both(t, "B10 strict routing", func(t *testing.T, transport sipua.Transport) {
		r := start(t, options{})
		d := r.dial(transport).dialog()
		d.say("INVITE", offer, "Record-Route: <sip:p1.example.com>")
		d.response(400)
	})
	both(t, "Require of 100rel", func(t *testing.T, transport sipua.Transport) {
		r := start(t, options{})
		d := r.dial(transport).dialog()
		d.say("INVITE", offer, "Require: 100rel, timer")
		require.Equal(t, "100rel", d.response(420).GetHeader("unsupported").Value())
	})
	both(t, "NOTIFY without a REFER", func(t *testing.T, transport sipua.Transport) {
		r := start(t, options{})
		d := r.dial(transport).dialog()
		d.establish()
		d.say("NOTIFY", "SIP/2.0 200 OK", "Event: refer", "Content-Type: message/sipfrag")
		d.response(481)
		d.say("REFER", "")
		d.response(405)
	})
	both(t, "a request after the end", func(t *testing.T, transport sipua.Transport) {
		r := start(t, options{})
		d := r.dial(transport).dialog()
		d.establish()
		d.say("BYE", "")
		d.response(200)
		d.say("BYE", "")
		d.response(481)
	})
	both(t, "the advertised address", func(t *testing.T, transport sipua.Transport) {
		r := start(t, options{edit: func(c *sipua.Config) { c.Advertise = loopback()[0].Addr().Next().Next() }})
		d := r.dial(transport).dialog()
		res := d.establish()
		require.Equal(t, "127.0.0.2", res.Contact().Address.Host)
	})
}

// transferring starts a REFER and gives the request.
func transferring(
	t *testing.T, transport sipua.Transport, tr sipua.Transfer,
) (*rig, *dialog, *sipua.Call, *sip.Request, chan error) {
	t.Helper()
	r := start(t, options{})
	d := r.dial(transport).dialog()
	d.establish()
	c := r.call()
	result := make(chan error, 1)
	go func() { result <- c.Refer(t.Context(), tr) }()
	return r, d, c, d.peer.request(sip.REFER), result
}

func (d *dialog) notify(status string, headers ...string) {
	d.t.Helper()
	d.say("NOTIFY", status, append(headers, "Event: refer", "Content-Type: message/sipfrag;version=2.0",
		"Subscription-State: active")...)
}

func TestTransfer(t *testing.T) {
	t.Parallel()
	agent := sipua.Transfer{Address: "agents@example.com"}
	both(t, "SIP-03 REFER, 202, NOTIFY 100, 180, 200, our BYE", func(t *testing.T, transport sipua.Transport) {
		r, d, c, refer, result := transferring(t, transport, agent)
		require.Equal(t, "<sip:agents@example.com>", refer.GetHeader("refer-to").Value())
		require.Contains(t, refer.GetHeader("referred-by").Value(), "sip:va@127.0.0.1")
		d.answer(refer, 202)
		for _, status := range []string{"SIP/2.0 100 Trying", "SIP/2.0 180 Ringing", ""} {
			d.notify(status)
			d.response(200)
		}
		d.notify("SIP/2.0 200 OK\r\n")
		d.response(200)
		require.NoError(t, <-result)
		d.answer(d.request("BYE"), 200)
		r.ended(c, sipua.End{Local: true, Cause: sipua.CauseTransferred})
	})
	for _, status := range []int{403, 405, 501, 603} {
		both(t, "SIP-03 the REFER is refused, "+strconv.Itoa(status), func(t *testing.T, transport sipua.Transport) {
			r, d, _, refer, result := transferring(t, transport, agent)
			d.answer(refer, status)
			var failed *sipua.TransferError
			require.ErrorAs(t, <-result, &failed)
			require.Equal(t, sipua.TransferError{Status: status, Reason: sipua.TransferRefused}, *failed)
			require.Equal(t, 1, r.Calls(), "the caller is back")
		})
	}
	for _, line := range []string{"SIP/2.0 486 Busy Here", "SIP/2.0 503 Service Unavailable"} {
		both(t, "SIP-03 "+line, func(t *testing.T, transport sipua.Transport) {
			r, d, c, refer, result := transferring(t, transport, agent)
			d.answer(refer, 202)
			d.notify(line)
			d.response(200)
			var failed *sipua.TransferError
			require.ErrorAs(t, <-result, &failed)
			require.Equal(t, sipua.TransferFailed, failed.Reason)
			require.Equal(t, 1, r.Calls(), "the caller is back")
			go func() { result <- c.Refer(t.Context(), agent) }() // and may be transferred again
			d.answer(d.request(sip.REFER), 202)
			d.notify("SIP/2.0 200 OK")
			d.response(200)
			require.NoError(t, <-result)
		})
	}
	both(t, "SIP-03 the other side's BYE is the transfer", func(t *testing.T, transport sipua.Transport) {
		r, d, c, refer, result := transferring(t, transport, agent)
		d.answer(refer, 202)
		d.notify("SIP/2.0 100 Trying")
		d.response(200)
		d.say("BYE", "")
		d.response(200)
		require.NoError(t, <-result)
		r.ended(c, sipua.End{Cause: sipua.CauseTransferred})
	})
	both(t, "SIP-03 the other side's BYE before it took the REFER", func(t *testing.T, transport sipua.Transport) {
		r, d, c, _, result := transferring(t, transport, agent)
		d.say("BYE", "")
		d.response(200)
		require.ErrorIs(t, <-result, sipua.ErrEnded)
		r.ended(c, sipua.End{Cause: sipua.CauseBye})
	})
	both(t, "SIP-03 other events", func(t *testing.T, transport sipua.Transport) {
		_, d, _, refer, _ := transferring(t, transport, agent)
		d.answer(refer, 202)
		d.say("NOTIFY", "", "Event: presence")
		d.response(489)
		d.say("NOTIFY", "", "Event: refer;id=99")
		d.response(481)
		d.say("NOTIFY", "", "Event: refer")
		d.response(200)
		d.say("NOTIFY", "nonsense", "Event: refer;id="+strings.Fields(refer.CSeq().Value())[0], "Content-Type: text/plain")
		d.response(200)
	})
	both(t, "SIP-03 REFER waits for a pending re-INVITE", func(t *testing.T, transport sipua.Transport) {
		r := start(t, options{})
		d := r.dial(transport).dialog()
		d.establish()
		c := r.call()
		d.say("INVITE", offer)
		d.response(200)
		go func() { _ = c.Refer(t.Context(), agent) }()
		d.say("OPTIONS", "")
		d.response(200) // and no REFER before it
		ack := *d
		ack.seq = 2 // of the re-INVITE
		ack.say("ACK", "")
		d.answer(d.request(sip.REFER), 603)
	})
	both(t, "SIP-03 the context in Refer-To", func(t *testing.T, transport sipua.Transport) {
		_, _, _, refer, _ := transferring(t, transport, sipua.Transfer{
			Address: "agents@example.com", Context: sipua.Context{Header: "User-to-User", Value: "id=7&x"},
		})
		require.Equal(t, "<sip:agents@example.com?User-to-User=69643D372678%3Bencoding%3Dhex>",
			refer.GetHeader("refer-to").Value())
		require.Nil(t, refer.GetHeader("user-to-user"))
	})
	both(t, "the context as a header", func(t *testing.T, transport sipua.Transport) {
		_, _, _, refer, _ := transferring(t, transport, sipua.Transfer{
			Address: "agents@example.com", Context: sipua.Context{Header: "x-snc-context", Value: "id=7"},
		})
		require.Equal(t, "<sip:agents@example.com>", refer.GetHeader("refer-to").Value())
		require.Equal(t, "id=7", refer.GetHeader("x-snc-context").Value())
	})
	for _, value := range []string{"a\r\nBcc: x", "a\x00", "a>b", "a<b", `a"b`} {
		for _, header := range []string{"User-to-User", "x-snc-context"} {
			both(t, "SIP-20 a context that ends a header", func(t *testing.T, transport sipua.Transport) {
				_, _, _, refer, _ := transferring(t, transport, sipua.Transfer{
					Address: "agents@example.com", Context: sipua.Context{Header: header, Value: value},
				})
				require.Equal(t, "<sip:agents@example.com>", refer.GetHeader("refer-to").Value())
				require.NotContains(t, refer.String(), "Bcc")
				require.Nil(t, refer.GetHeader(header))
			})
		}
	}
}

func TestTransferAddress(t *testing.T) {
	t.Parallel()
	for _, address := range []string{
		strings.Repeat("a", 17) + "@example.com",
		"a@" + strings.Repeat("a", 257),
		"agents",
		"agents@example.com;transport=tcp",
		"agents@example.com?a=b",
		"agents@example.com\r\nBcc: x",
		"agents@example.com\n",
		"a>b@example.com",
		`a"b@example.com`,
		"a\x00@example.com",
		"@example.com",
	} {
		t.Run("SIP-20 "+address, func(t *testing.T) {
			t.Parallel()
			var failed *sipua.TransferError
			require.ErrorAs(t, new(sipua.Call).Refer(t.Context(), sipua.Transfer{Address: address}), &failed)
			require.Equal(t, sipua.TransferRefused, failed.Reason)
		})
	}
}

func TestGoodbye(t *testing.T) {
	t.Parallel()
	both(t, "the context is stored before BYE", func(t *testing.T, transport sipua.Transport) {
		r := start(t, options{})
		d := r.dial(transport).dialog()
		d.establish()
		c := r.call()
		go func() {
			_ = c.Bye(t.Context(), sipua.Goodbye{
				Text: "transferred", Context: sipua.Context{Header: "User-to-User", Value: "id=7"},
			})
		}()
		bye := d.request("BYE")
		require.Equal(t, `Q.850;cause=16;text="transferred"`, bye.GetHeader("reason").Value())
		require.Equal(t, "69643D37;encoding=hex", bye.GetHeader("user-to-user").Value())
		d.answer(bye, 481)
		r.ended(c, sipua.End{Local: true, Cause: sipua.CauseBye})
	})
	both(t, "SIP-20 an outcome that ends a header", func(t *testing.T, transport sipua.Transport) {
		r := start(t, options{})
		d := r.dial(transport).dialog()
		d.establish()
		c := r.call()
		go func() {
			_ = c.Bye(t.Context(), sipua.Goodbye{
				Text: "a\"\r\nBcc: x\x00", Context: sipua.Context{Header: "x-snc-context", Value: "a\r\nBcc: x"},
			})
		}()
		bye := d.request("BYE")
		require.Equal(t, `Q.850;cause=16;text="aBcc: x"`, bye.GetHeader("reason").Value())
		require.Nil(t, bye.GetHeader("bcc"))
		require.Nil(t, bye.GetHeader("x-snc-context"))
		d.answer(bye, 200)
	})
}
