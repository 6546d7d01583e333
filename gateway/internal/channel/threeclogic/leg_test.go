package threeclogic

import (
	"context"
	"encoding/base64"
	"errors"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/va-gateway/terraform-provider-va/gateway/api"
	"github.com/va-gateway/terraform-provider-va/gateway/internal/audio"
	"github.com/va-gateway/terraform-provider-va/gateway/internal/call"
	"github.com/va-gateway/terraform-provider-va/gateway/internal/protocol/twiliomedia"
)

// ending serves a call that is over at once.
func ending(e call.Ending) func(context.Context, call.Leg) (call.Result, error) {
	return func(ctx context.Context, l call.Leg) (call.Result, error) {
		return call.Result{Ending: e}, l.End(ctx, e)
	}
}

// Vector 2, and that big-endian samples are turned around both ways.
func TestSamples(t *testing.T) {
	t.Parallel()
	silence, err := base64.StdEncoding.DecodeString(strings.Repeat("/", 213) + "w==")
	require.NoError(t, err)
	want := make([]byte, 160)
	audio.Mulaw8k.Silence(want)
	require.Equal(t, want, silence)

	s, ok := soundOf(twiliomedia.MediaFormat{Encoding: "audio/l16", SampleRate: 24000, Channels: 1}, api.ThreeCLogicBig)
	require.True(t, ok)
	data := []byte{1, 2, 3, 4}
	s.swap(data)
	require.Equal(t, []byte{2, 1, 4, 3}, data)

	var c carry
	require.Equal(t, []byte{1, 2}, c.samples(s.format, []byte{1, 2, 3}))
	require.Empty(t, c.samples(audio.Linear8k, nil))
	require.Equal(t, []byte{3, 4, 5, 6}, c.samples(s.format, []byte{4, 5, 6}))
	require.Equal(t, []byte{7}, c.samples(audio.Mulaw8k, []byte{7}))
}

// testStalled: a platform that stops reading ends its call.
func testStalled(t *testing.T) {
	for _, first := range []string{mediaStart, botStart} {
		g := newGateway(nil)
		stalled := make(chan error, 1)
		g.serve = func(ctx context.Context, l call.Leg) (call.Result, error) {
			var err error
			for err == nil {
				err = l.Write(make([]byte, l.Format().Bytes(time.Second)))
			}
			stalled <- err
			_ = l.End(ctx, call.Ending{Reason: call.ReasonLegStalled})
			return call.Result{}, err
		}
		p := connect(t, g.listen(t, &quick))
		p.send(first)
		select {
		case err := <-stalled:
			require.ErrorIs(t, err, call.ErrStalled)
		case <-time.After(10 * time.Second):
			require.FailNow(t, "the writer waits for ever")
		}
		_ = p.ws.Close()
	}
}

// testFailure: an engine that fails is told by the code, once the outcome was
// stored.
func testFailure(t *testing.T) {
	failed := call.Ending{Reason: call.ReasonEngineFailed, Outcome: call.OutcomeFallback}
	moved := failed
	moved.Transfer = &call.Target{Destination: Queue}
	transfer := `{"event":"transfer","streamSid":"s1","transfer":{"reason":"engine_error","target":"","attributes":{}}}`
	for _, tt := range []struct {
		name, first string
		ending      call.Ending
		messages    []string
		code        int
	}{
		{"media streams, the call ends", mediaStart, failed, nil, 1011},
		{"media streams, live agent", mediaStart, moved, []string{transfer}, 1000},
		{
			"audiocodes, refused before it was accepted", botStart, failed,
			[]string{`{"type":"session.error","reason":"assistant not available"}`},
			1000,
		},
		{"drained", mediaStart, call.Ending{Reason: call.ReasonDrainTimeout}, nil, 1001},
	} {
		t.Run(tt.name, func(t *testing.T) {
			t.Parallel()
			g := newGateway(nil)
			g.serve = ending(tt.ending)
			p := connect(t, g.listen(t, &quick))
			p.send(tt.first)
			for _, want := range tt.messages {
				require.JSONEq(t, want, p.next())
			}
			code, _ := p.closed()
			require.Equal(t, tt.code, code)
		})
	}
	t.Run("audiocodes, after it was accepted", func(t *testing.T) {
		t.Parallel()
		g := newGateway(nil)
		g.serve = func(ctx context.Context, l call.Leg) (call.Result, error) {
			_ = l.(call.Ringing).Answer()
			return ending(failed)(ctx, l)
		}
		p := connect(t, g.listen(t, &quick))
		p.send(botStart)
		require.Contains(t, p.next(), "session.accepted")
		require.Contains(t, p.next(), `"hangup"`)
		code, _ := p.closed()
		require.Equal(t, 1011, code, "also without session.end")
	})
	t.Run("no transfer event", func(t *testing.T) {
		t.Parallel()
		g := newGateway(func(c *api.ThreeCLogicChannel) { c.TransferEvent = new(false) })
		g.serve = ending(moved)
		p := connect(t, g.listen(t, &quick))
		p.send(mediaStart)
		code, _ := p.closed()
		require.Equal(t, 1000, code)
		require.Eventually(t, func() bool {
			g.mu.Lock()
			defer g.mu.Unlock()
			return len(g.reports) == 1 && g.reports[0].TransferResult == "handed_over" && g.reports[0].Final
		}, time.Second, 5*time.Millisecond)
	})
}

// testRevoked: deleting or disabling the channel ends its calls, if it is to.
func testRevoked(t *testing.T) {
	for _, first := range []string{mediaStart, botStart} {
		for _, deleted := range []bool{false, true} {
			g := newGateway(nil)
			reason := make(chan error, 1)
			g.serve = func(ctx context.Context, l call.Leg) (call.Result, error) {
				r, err := hold(ctx, l)
				reason <- err
				return r, err
			}
			p := connect(t, g.listen(t, &quick))
			p.send(first)
			if first == botStart {
				require.Contains(t, p.next(), "session.accepted")
			}
			if deleted {
				g.mu.Lock()
				g.live = nil
				g.mu.Unlock()
			} else {
				g.configure(func(c *api.ThreeCLogicChannel) { c.Enabled = new(false) })
			}
			code, text := p.closed()
			require.Equal(t, 1008, code)
			require.Equal(t, "revoked", text)
			var said *call.LegError
			require.ErrorAs(t, <-reason, &said)
			require.Equal(t, call.ReasonRevoked, said.Reason)
		}
	}
	g := newGateway(func(c *api.ThreeCLogicChannel) { c.CloseOnRevocation = new(false) })
	g.serve = parrot
	p := connect(t, g.listen(t, &quick))
	p.send(mediaStart)
	g.configure(func(c *api.ThreeCLogicChannel) { c.Enabled, c.CloseOnRevocation = new(false), new(false) })
	for range 5 { // longer than the channel is looked at
		p.send(`{"event":"media","streamSid":"s1","media":{"payload":"////"}}`)
		require.Contains(t, p.next(), "media")
	}
	p.send(mediaStop)
	code, _ := p.closed()
	require.Equal(t, 1000, code)
}

// testNoAudio: a platform that sends none is given up, unless it said so.
func testNoAudio(t *testing.T) {
	g := newGateway(nil)
	reason := make(chan error, 1)
	g.serve = func(ctx context.Context, l call.Leg) (call.Result, error) {
		r, err := hold(ctx, l)
		reason <- err
		return r, err
	}
	url := g.listen(t, &quick)
	for _, first := range []string{mediaStart, botStart} {
		p := connect(t, url)
		p.send(first)
		_, _ = p.closed()
		var said *call.LegError
		require.ErrorAs(t, <-reason, &said)
		require.Equal(t, call.ReasonNoMedia, said.Reason)
	}
	p := connect(t, url)
	p.send(botStart, `{"type":"userStream.stop"}`)
	require.Contains(t, p.next(), "session.accepted")
	require.Contains(t, p.next(), "userStream.stopped")
	select {
	case err := <-reason:
		require.FailNow(t, "the call ended", err)
	case <-time.After(quick.media + quick.media/2): // the peer does not answer pings meanwhile
	}
	p.send(botEnd)
	require.NoError(t, <-reason)
}

// testResume: a lost connection may come back, to the same call, for a while.
func testResume(t *testing.T) {
	resume := `{"type":"session.resume","conversationId":"c1"}`
	refusal := `{"type":"session.error","reason":"conversation not found"}`
	chunk := `{"type":"userStream.chunk","audioChunk":"AAAA"}`
	long := quick
	long.resume = 10 * time.Second
	t.Run("the same call", func(t *testing.T) {
		t.Parallel()
		g := newGateway(nil)
		g.serve = parrot
		url := g.listen(t, &long)
		p := connect(t, url)
		p.send(botStart)
		require.Contains(t, p.next(), "session.accepted")
		p.send(chunk)
		require.Contains(t, p.next(), `"streamId":"1"`)
		require.NoError(t, p.ws.NetConn().Close())

		again := connect(t, url)
		again.send(resume)
		require.JSONEq(t, `{"type":"session.accepted","mediaFormat":"raw/lpcm16"}`, again.next())
		again.send(chunk)
		require.Contains(t, again.next(), `"playStream.start","streamId":"2"`)
		require.Contains(t, again.next(), `"playStream.chunk","streamId":"2"`)

		g.mu.Lock()
		require.Positive(t, g.released, "the call has one place, not one for each connection")
		g.mu.Unlock()

		third := connect(t, url) // while this end does not know of the loss
		third.send(resume)
		require.Contains(t, third.next(), "session.accepted")
		third.send(botEnd)
		code, _ := third.closed()
		require.Equal(t, 1000, code)
		require.Equal(t, 1, g.calls(), "one call")

		late := connect(t, url)
		late.send(resume)
		require.JSONEq(t, refusal, late.next())
	})
	t.Run("only as long as it is waited for", func(t *testing.T) {
		t.Parallel()
		g := newGateway(nil)
		over := make(chan error, 1)
		g.serve = func(ctx context.Context, l call.Leg) (call.Result, error) {
			r, err := hold(ctx, l)
			over <- err
			return r, err
		}
		url := g.listen(t, &quick)
		p := connect(t, url)
		p.send(botStart)
		require.Contains(t, p.next(), "session.accepted")
		require.NoError(t, p.ws.NetConn().Close())
		require.ErrorIs(t, <-over, errNotResumed)
		late := connect(t, url)
		late.send(resume)
		require.JSONEq(t, refusal, late.next())
	})
	t.Run("not by another client", func(t *testing.T) {
		t.Parallel()
		s := newSessions()
		l := &botLeg{}
		s.add(sessionKey{"chn_1", "client", "c1"}, l)
		for _, k := range []sessionKey{{"chn_1", "other", "c1"}, {"chn_2", "client", "c1"}, {"chn_1", "client", "c2"}} {
			_, ok := s.find(k)
			require.False(t, ok)
		}
	})
	t.Run("although there is no place for another call", func(t *testing.T) {
		t.Parallel()
		g := newGateway(nil)
		g.serve = hold
		url := g.listen(t, &long)
		p := connect(t, url)
		p.send(botStart)
		require.Contains(t, p.next(), "session.accepted")
		g.hold = func() error { return errors.New("full") }
		require.Equal(t, 503, knock(t, url, basicHeader(testClient, testSecret)).status)
		require.NoError(t, p.ws.NetConn().Close())
		var again *peer
		require.Eventually(t, func() bool {
			return knock(t, url, basicHeader(testClient, testSecret)).status == 101
		}, 5*time.Second, 10*time.Millisecond)
		again = connect(t, url)
		again.send(resume)
		require.Contains(t, again.next(), "session.accepted")
		again.send(botEnd)
		_, _ = again.closed()
	})
}

// testAddress: nothing reaches the platform that is not of the form.
func testAddress(t *testing.T) {
	for in, want := range map[string]string{
		"+493012345": "+493012345", "tel:+493012345": "tel:+493012345", "sip:desk@example.com": "desk@example.com",
		"desk@example.com": "desk@example.com", Queue: "", "": "",
		"+49301\r\nX: y": "", "+4930;ext=1": "", "sip:desk@example.com;transport=tcp": "", "sip:desk@example.com:5060": "",
		"sip:seventeen-letters@example.com": "", "sip:desk@" + strings.Repeat("a", 257): "", "sips:desk@example.com": "",
		"0190123": "", "desk@exa mple.com": "", "<b>@example.com": "",
	} {
		require.Equal(t, want, address(&call.Target{Destination: in}), "%q", in)
	}
}

// testParameters: what the platform passes in is bounded, listed and never
// written as it came.
func testParameters(t *testing.T) {
	g := newGateway(func(c *api.ThreeCLogicChannel) { c.AttributeAllowList = []string{"topic", "long", "html"} })
	g.serve = parrot
	url := g.listen(t, &quick)
	p := connect(t, url)
	parameters := `"customParameters":{"topic":"a\r\nX-Evil: 1\u0000","html":"<script>","long":"` +
		strings.Repeat("é", 500) + `","secret":"x","from":"+49301\r\nX-Evil: 1","to":"<b>","caller":"+49302"},`
	p.send(strings.Replace(mediaStart, `"mediaFormat"`, parameters+`"mediaFormat"`, 1), mediaStop)
	_, _ = p.closed()
	require.Len(t, g.offered(), 1)
	o := g.offered()[0]
	require.Equal(t, map[string]string{"topic": "a\r\nX-Evil: 1\x00", "html": "<script>"}, o.Vars)
	require.Equal(t, "+49302", o.From, "the first that is a number")
	require.Empty(t, o.To)

	bot := connect(t, url)
	bot.send(botStart)
	require.Contains(t, bot.next(), "session.accepted")
	bot.send(`{"type":"userStream.start"}`, `{"type":"activities","activities":[{"type":"event","name":"start",`+
		`"parameters":{"topic":7,"callee":"+49303","secret":"x"}}]}`)
	require.Contains(t, bot.next(), "userStream.started", "what came before start is not lost")
	bot.send(botEnd)
	_, _ = bot.closed()
	require.Len(t, g.offered(), 2)
	require.Equal(t, map[string]string{"topic": "7"}, g.offered()[1].Vars)
	require.Equal(t, "+49303", g.offered()[1].To)
	require.NotContains(t, g.logged(), "X-Evil")
}
