package genesysaudioconnector

import (
	"context"
	"errors"
	"strings"
	"testing"
	"time"

	"github.com/gorilla/websocket"
	"github.com/stretchr/testify/require"

	"github.com/va-gateway/terraform-provider-va/gateway/internal/channel"
	"github.com/va-gateway/terraform-provider-va/gateway/internal/protocol/audiohook"
)

func TestOpen(t *testing.T) {
	t.Parallel()
	b := setup(t)
	c, conv := b.opened(t)
	require.Len(t, c.m.Media, 1)
	require.True(t, goodOpen().Media[0].Is(c.m.Media[0]))
	t.Run("GA-06 a normal call", func(t *testing.T) { //nolint:paralleltest // it goes on with the call
		conv.say("1", tone(400*time.Millisecond))
		require.Len(t, c.until(t, audiohook.Audio).Data, 3200)
		c.hangup(t)
		require.Equal(t, channel.Offer{
			ProviderCallID: testSession, Account: testOrg, From: "+15105550100", To: "+18885550199",
			Vars: map[string]string{
				"caller_name": "Jane Doe", "genesys_conversation_id": "090eaa2f-72fa-480a-83e0-8667ff89c0ec", "language": "en-US",
			},
			Wait: engineWait, First: true, Held: testCall,
		}, b.offers[0])
	})
}

func TestProbe(t *testing.T) {
	t.Parallel()
	b := setup(t)
	probe := goodOpen()
	probe.ConversationID, probe.Participant = audiohook.Probe, audiohook.Participant{ID: audiohook.Probe}
	probe.Media = []audiohook.Media{
		audiohook.Offer(audiohook.FormatPCMU, audiohook.ChannelExternal, audiohook.ChannelInternal),
		audiohook.Offer(audiohook.FormatPCMU, audiohook.ChannelInternal),
		audiohook.Offer(audiohook.FormatPCMU, audiohook.ChannelExternal),
	}
	t.Run("GA-06 100 probes", func(t *testing.T) { //nolint:paralleltest // counts what the bundle saw
		for range 100 {
			c := b.upgraded(t)
			require.NoError(t, c.Open(probe))
			require.True(t, probe.Media[2].Is(c.until(t, audiohook.Opened).Media[0]))
			require.NoError(t, c.Ping(0))
			require.NoError(t, c.Audio(make([]byte, 1600)))
			require.EqualValues(t, 2, c.until(t, audiohook.Pong).Peer)
			c.hangup(t)
		}
		b.wait()
		require.Empty(t, b.offers, "no call")
		require.Zero(t, b.served, "no engine")
		require.Zero(t, b.held, "no place")
		require.Empty(t, b.refusals)
		require.Equal(t, 100, strings.Count(b.logs.String(), "connection probe answered"))
	})
}

// Before "open" nothing else may come.
func TestBeforeOpen(t *testing.T) {
	t.Parallel()
	for _, tt := range []struct {
		name   string
		send   func(*testing.T, *client)
		reason string
	}{
		{"GA-07 no open", func(*testing.T, *client) {}, reasonOpenTimeout},
		{"GA-07 audio", func(t *testing.T, c *client) { require.NoError(t, c.Audio(make([]byte, 1600))) }, reasonOpenMissing},
		{"a ping", func(t *testing.T, c *client) { require.NoError(t, c.Ping(0)) }, reasonOpenMissing},
		{
			"an unknown type", func(t *testing.T, c *client) { require.NoError(t, c.Send("hello", []byte(`{}`))) },
			reasonOpenMissing,
		},
		{"no JSON", func(t *testing.T, c *client) { c.sendText(t, "hello") }, reasonViolation},
		{"GA-09 another session", func(t *testing.T, c *client) {
			c.sendText(t, envelope("open", 1, testSession, "00000000-0000-0000-0000-000000000000"))
		}, reasonViolation},
	} {
		t.Run(tt.name, func(t *testing.T) {
			t.Parallel()
			b := setupWith(t, handler{openWait: 300 * time.Millisecond})
			c := b.upgraded(t)
			tt.send(t, c)
			f := c.rest(t)
			require.Equal(t, 1, f.disconnects)
			require.Equal(t, audiohook.ReasonError, f.last.Reason)
			require.Equal(t, tt.reason, f.last.Text)
			require.Equal(t, websocket.ClosePolicyViolation, f.code)
			b.wait()
			require.Equal(t, tt.reason, b.lastRefusal(t).Reason)
			require.Zero(t, b.served)
			require.Zero(t, b.held)
		})
	}
}

// An "open" that no call can come of is answered with "disconnect" before an
// engine is asked.
func TestOpenIsDeclined(t *testing.T) {
	t.Parallel()
	media := func(offers ...audiohook.Media) func(*bundle, *audiohook.OpenParameters) {
		return func(_ *bundle, o *audiohook.OpenParameters) { o.Media = offers }
	}
	for _, tt := range []struct {
		name   string
		change func(*bundle, *audiohook.OpenParameters)
		reason string
	}{
		{"GA-08 no media", media(), reasonMedia},
		{"GA-08 L16 only", media(audiohook.Offer(audiohook.FormatL16, audiohook.ChannelExternal)), reasonMedia},
		{"GA-08 unknown", media(audiohook.Offer("OPUS", "moderator")), reasonMedia},
		{"GA-09 another organization", func(_ *bundle, o *audiohook.OpenParameters) {
			o.OrganizationID = "d7934305-0972-4844-938e-9060eef73d06"
		}, reasonOrganization},
		{"deactivated just now", func(b *bundle, _ *audiohook.OpenParameters) {
			b.offerErr = channel.ErrInactive
		}, "inactive"},
		{"the store is broken", func(b *bundle, _ *audiohook.OpenParameters) {
			b.offerErr = errors.New("broken")
		}, reasonFailed},
	} {
		t.Run(tt.name, func(t *testing.T) {
			t.Parallel()
			b := setup(t)
			open := goodOpen()
			tt.change(b, &open)
			c := b.upgraded(t)
			require.NoError(t, c.Open(open))
			m := c.next(t)
			require.Equal(t, audiohook.Disconnect, m.Kind)
			require.Equal(t, audiohook.ReasonError, m.Reason)
			require.Equal(t, tt.reason, m.Text)
			require.NoError(t, c.Close(audiohook.ReasonDone))
			f := c.rest(t)
			require.True(t, f.closed)
			require.Equal(t, websocket.CloseNormalClosure, f.code)
			b.wait()
			require.Equal(t, tt.reason, b.lastRefusal(t).Reason)
			require.Zero(t, b.served)
			require.Zero(t, b.held)
		})
	}
}

func TestMediaOfACall(t *testing.T) {
	t.Parallel()
	for _, tt := range []struct {
		name     string
		offers   []audiohook.Media
		selected int
		stereo   bool
	}{
		{"GA-08 stereo first", []audiohook.Media{
			audiohook.Offer(audiohook.FormatPCMU, audiohook.ChannelExternal, audiohook.ChannelInternal),
			audiohook.Offer(audiohook.FormatPCMU, audiohook.ChannelExternal),
		}, 1, false},
		{"GA-08 stereo only", []audiohook.Media{
			audiohook.Offer(audiohook.FormatPCMU, audiohook.ChannelExternal, audiohook.ChannelInternal),
		}, 0, true},
		{"GA-08 internal only", []audiohook.Media{
			audiohook.Offer(audiohook.FormatL16, audiohook.ChannelExternal),
			audiohook.Offer(audiohook.FormatPCMU, audiohook.ChannelInternal),
		}, 1, false},
	} {
		t.Run(tt.name, func(t *testing.T) {
			t.Parallel()
			b := setup(t)
			open := goodOpen()
			open.Media = tt.offers
			c := b.upgraded(t)
			require.NoError(t, c.Open(open))
			require.True(t, tt.offers[tt.selected].Is(c.until(t, audiohook.Opened).Media[0]))
			conv := b.engine.next(t)
			want := tone(200 * time.Millisecond)
			in := want
			if tt.stereo {
				in = open.Media[0].Append(nil, want)
			}
			require.NoError(t, c.Audio(in))
			require.Eventually(t, func() bool { return len(conv.audio()) >= len(want) }, patience, 10*time.Millisecond)
			require.Equal(t, want, conv.audio()[:len(want)])
			conv.say("1", want)
			require.Equal(t, in, c.until(t, audiohook.Audio).Data)
			c.hangup(t)
		})
	}
}

func TestEngineIsNotReady(t *testing.T) {
	t.Parallel()
	for _, tt := range []struct {
		name string
		open func(context.Context) error
	}{
		{"GA-10 down", func(context.Context) error { return errors.New("the backend is down") }},
		{"GA-10 slow", func(ctx context.Context) error {
			<-ctx.Done()
			return ctx.Err()
		}},
	} {
		t.Run(tt.name, func(t *testing.T) {
			t.Parallel()
			b := setup(t)
			b.engine.open = tt.open
			c := b.upgraded(t)
			begun := time.Now()
			require.NoError(t, c.Open(goodOpen()))
			require.NoError(t, c.Ping(0))
			require.Equal(t, audiohook.Pong, c.next(t).Kind, "pings are answered meanwhile")
			m := c.next(t)
			require.Equal(t, audiohook.Disconnect, m.Kind)
			require.Equal(t, audiohook.ReasonError, m.Reason)
			require.Equal(t, "engine_failed", m.Text)
			require.Less(t, time.Since(begun), 5*time.Second)
			require.NoError(t, c.Close(audiohook.ReasonDone))
			require.Equal(t, websocket.CloseNormalClosure, c.rest(t).code)
		})
	}
}

func TestParticipants(t *testing.T) {
	t.Parallel()
	for _, tt := range []struct{ name, ani, want string }{
		{"GA-11 tel", "tel:+4930123456;phone-context=x", "+4930123456"},
		{"GA-11 sip", "sip:jane@example.com;user=phone", "sip:jane@example.com;user=phone"},
		{"GA-11 plain", "+15105550100", "+15105550100"},
		{"GA-11 empty", "", ""},
		{"GA-11 NUL and long", "a\x00b" + strings.Repeat("x", 1000), "ab" + strings.Repeat("x", maxAddress-3)},
	} {
		t.Run(tt.name, func(t *testing.T) {
			t.Parallel()
			require.Equal(t, tt.want, address(tt.ani))
		})
	}
}

func TestVariables(t *testing.T) {
	t.Parallel()
	open := goodOpen()
	open.Participant.ANIName, open.Language = "Zoë\x00", ""
	open.Input = map[string]string{
		"tier": "gold", "größe": "ü\x00ü", "": "no name", strings.Repeat("n", maxName+1): "long", "bad\xff": "name",
		"language": "de-DE",
	}
	t.Run("GA-11 what the assistant gets", func(t *testing.T) {
		t.Parallel()
		require.Equal(t, map[string]string{
			"caller_name": "Zoë", "genesys_conversation_id": open.ConversationID, "language": "de-DE",
			"tier": "gold", "größe": "üü",
		}, variables(&open))
	})
	t.Run("GA-11 a megabyte", func(t *testing.T) {
		t.Parallel()
		b := setup(t)
		c := b.upgraded(t)
		open := goodOpen()
		open.Input = map[string]string{"x": strings.Repeat("x", 1<<20)}
		_ = c.Open(open) // may be cut short
		code := c.rest(t).code
		require.Contains(t, []int{0, websocket.CloseMessageTooBig}, code, "0 when the unread rest reset it first")
		b.wait()
		require.Zero(t, b.served)
	})
}
