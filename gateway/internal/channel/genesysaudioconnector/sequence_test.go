package genesysaudioconnector

import (
	"testing"
	"time"

	"github.com/gorilla/websocket"
	"github.com/stretchr/testify/require"

	"github.com/va-gateway/terraform-provider-va/gateway/internal/protocol/audiohook"
)

// A client that breaks the rules of the envelope hears of it once, gets no audio
// any more, and is let go.
func TestViolations(t *testing.T) {
	t.Parallel()
	const good = `"seq":2,"serverseq":0`
	for _, tt := range []struct {
		name, text string
		code       int
	}{
		{"GA-12 seq 0", envelope("ping", 0), websocket.ClosePolicyViolation},
		{"GA-12 a repeat", envelope("ping", 1), websocket.ClosePolicyViolation},
		{"GA-12 a gap", envelope("ping", 4), websocket.ClosePolicyViolation},
		{"GA-12 2^53", envelope("ping", 1<<53), websocket.ClosePolicyViolation},
		{"GA-12 a string", envelope("ping", 2, good, `"seq":"2","serverseq":0`), websocket.ClosePolicyViolation},
		{"GA-12 negative", envelope("ping", -1), websocket.ClosePolicyViolation},
		{"GA-12 serverseq ahead", envelope("ping", 2, good, `"seq":2,"serverseq":99`), websocket.ClosePolicyViolation},
		{
			"GA-12 another id", envelope("ping", 2, testSession, "00000000-0000-0000-0000-000000000000"),
			websocket.ClosePolicyViolation,
		},
		{"GA-12 version 1", envelope("ping", 2, `"version":"2"`, `"version":"1"`), websocket.ClosePolicyViolation},
		{"GA-07 second open", "", websocket.ClosePolicyViolation},
		{"GA-25 no JSON", "hello", websocket.ClosePolicyViolation},
		{"GA-25 invalid UTF-8", "{\"a\":\"\xff\"}", websocket.CloseInvalidFramePayloadData},
	} {
		t.Run(tt.name, func(t *testing.T) {
			t.Parallel()
			b := setupWith(t, handler{openWait: openWait, engineWait: engineWait, disconnectWait: 300 * time.Millisecond})
			c, conv := b.opened(t)
			conv.say("1", tone(time.Minute))
			c.until(t, audiohook.Audio)
			if tt.text != "" {
				c.sendText(t, tt.text)
			} else {
				require.NoError(t, c.Open(goodOpen()))
			}
			begun := time.Now()
			f := c.rest(t)
			require.Equal(t, tt.code, f.code)
			require.Less(t, time.Since(begun), 5*time.Second)
			require.Zero(t, f.after)
			if tt.code == websocket.ClosePolicyViolation {
				require.Equal(t, 1, f.disconnects)
				require.Equal(t, audiohook.ReasonError, f.last.Reason)
				require.NotEmpty(t, f.last.Text)
			}
		})
	}
}

// A client that broke the rules may still close politely.
func TestViolationThenClose(t *testing.T) {
	t.Parallel()
	t.Run("GA-12 close after it", func(t *testing.T) {
		t.Parallel()
		b := setup(t)
		c, _ := b.opened(t)
		c.sendText(t, envelope("ping", 9))
		require.Equal(t, audiohook.ReasonError, c.until(t, audiohook.Disconnect).Reason)
		require.NoError(t, c.Close(audiohook.ReasonDone))
		f := c.rest(t)
		require.True(t, f.closed)
		require.Equal(t, websocket.CloseNormalClosure, f.code)
	})
}

func TestTolerance(t *testing.T) {
	t.Parallel()
	for _, tt := range []struct{ name, text string }{
		{"GA-13 unknown type", envelope("hologram", 2)},
		{"GA-13 unknown fields", envelope("ping", 2, `"parameters":{}`, `"trace":[1],"parameters":{"jitter":{}}`)},
		{"GA-13 garbage position", envelope("ping", 2, "PT0S", "three")},
		{"GA-13 no parameters", envelope("ping", 2, `,"parameters":{}`, ``)},
	} {
		t.Run(tt.name, func(t *testing.T) {
			t.Parallel()
			b := setup(t)
			c, _ := b.opened(t)
			c.sendText(t, tt.text)
			c.sendText(t, envelope("ping", 3))
			c.sendText(t, envelope("ping", 4))
			for c.m.Peer != 4 { // what this client did not count itself makes it complain once
				require.NoError(t, c.Read(&c.m))
				require.NotEqual(t, audiohook.Disconnect, c.m.Kind)
			}
			c.sendText(t, envelope("close", 5))
			require.True(t, c.rest(t).closed)
		})
	}
}
