package genesysaudioconnector

import (
	"bytes"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/va-gateway/terraform-provider-va/gateway/internal/audio"
	"github.com/va-gateway/terraform-provider-va/gateway/internal/call"
	"github.com/va-gateway/terraform-provider-va/gateway/internal/protocol/audiohook"
)

// level is audio of one value.
func level(value byte, d time.Duration) []byte {
	return bytes.Repeat([]byte{value}, audio.Mulaw8k.Bytes(d))
}

func TestBargeIn(t *testing.T) {
	t.Parallel()
	t.Run("GA-18 nothing of the old generation follows", func(t *testing.T) {
		t.Parallel()
		virtual(t, func(t *testing.T, b *bundle) {
			c, conv := b.dialVirtual(t, false)
			conv.say("1", level(7, time.Minute))
			c.pass(t, 1300*time.Millisecond)
			conv.send(call.Event{Kind: call.EventSpeechStarted})
			require.Equal(t, call.Interrupt{Item: "1", PlayedMS: 1300}, command[call.Interrupt](t, conv))
			conv.say("1", level(7, time.Second)) // what the engine still sends of it
			conv.say("2", level(9, time.Second))
			c.pass(t, 3*time.Second)
			events := c.log()
			at := 0
			for at = range events {
				if events[at].kind == audiohook.Event {
					break
				}
			}
			require.True(t, events[at].message.BargeIn)
			require.Equal(t, 1300*time.Millisecond, events[at].at, "at once")
			before := 0
			for _, e := range events[:at] {
				before += e.size
			}
			require.LessOrEqual(t, before, audio.Mulaw8k.Bytes(1300*time.Millisecond+ahead))
			require.True(t, bytes.Equal(level(9, time.Second), c.heard()[before:]))
			c.bye(t)
		})
	})
}

// The end waits until the client has played everything, or had the time to.
func TestDrain(t *testing.T) {
	t.Parallel()
	for _, tt := range []struct {
		name   string
		silent bool
		at     time.Duration
		tool   string
		want   map[string]string
	}{
		{
			"GA-19 transfer after the last word", false, 2 * time.Second, call.ToolTransfer,
			map[string]string{"disposition": "transfer", "transfer_reason": "user_requested", "conversation_id": testCall},
		},
		{
			"GA-19 a client that does not say when", true, 4 * time.Second, call.ToolTransfer,
			map[string]string{"disposition": "transfer", "transfer_reason": "user_requested", "conversation_id": testCall},
		},
		{
			"GA-19 end", false, 2 * time.Second, call.ToolEnd,
			map[string]string{"disposition": "resolved", "conversation_id": testCall},
		},
	} {
		t.Run(tt.name, func(t *testing.T) {
			t.Parallel()
			virtual(t, func(t *testing.T, b *bundle) {
				c, conv := b.dialVirtual(t, tt.silent)
				conv.say("1", tone(2*time.Second))
				conv.tool(tt.tool, "")
				c.pass(t, tt.at+time.Second)
				require.Equal(t, 16_000, c.size())
				disconnects := c.came(audiohook.Disconnect)
				require.Len(t, disconnects, 1)
				require.InDelta(t, tt.at.Seconds(), disconnects[0].at.Seconds(), 0.01)
				require.Equal(t, audiohook.ReasonCompleted, disconnects[0].message.Reason)
				require.Equal(t, tt.want, disconnects[0].message.Output)
				require.Empty(t, c.came(audiohook.Violation))
				<-c.left
				require.Len(t, c.came(audiohook.Closed), 1)
				require.Len(t, c.came(audiohook.Disconnect), 1)
			})
		})
	}
}

func TestCloseDuringPlayback(t *testing.T) {
	t.Parallel()
	t.Run("GA-20 closed at once and nothing after it", func(t *testing.T) {
		t.Parallel()
		virtual(t, func(t *testing.T, b *bundle) {
			c, conv := b.dialVirtual(t, false)
			conv.say("1", tone(time.Minute))
			c.pass(t, 2*time.Second)
			begun := time.Now()
			require.NoError(t, c.Close(audiohook.ReasonEnd))
			<-c.left
			require.Less(t, time.Since(begun), time.Second)
			events := c.log()
			require.Equal(t, audiohook.Closed, events[len(events)-1].kind)
			require.Empty(t, c.came(audiohook.Disconnect))
		})
	})
}

func TestLiveness(t *testing.T) {
	t.Parallel()
	for _, tt := range []struct {
		name  string
		harm  func(*caller)
		after time.Duration
	}{
		{"GA-21 half-open", func(*caller) {}, audiohook.Idle},
		{"GA-21 reset", func(c *caller) { _ = c.conn.Close() }, 0},
	} {
		t.Run(tt.name, func(t *testing.T) {
			t.Parallel()
			virtual(t, func(t *testing.T, b *bundle) {
				c, conv := b.dialVirtual(t, false)
				begun := time.Now()
				tt.harm(c)
				<-conv.closed
				require.InDelta(t, tt.after.Seconds(), time.Since(begun).Seconds(), 3)
				<-c.left
				b.calls.Wait()
				require.Contains(t, b.logs.String(), "reason=leg_failed")
			})
		})
	}
	t.Run("GA-21 silent but pinging", func(t *testing.T) {
		t.Parallel()
		virtual(t, func(t *testing.T, b *bundle) {
			c, conv := b.dialVirtual(t, false)
			c.pass(t, 2*time.Minute)
			require.Len(t, c.came(audiohook.Pong), 23)
			conv.say("1", tone(time.Second))
			c.pass(t, time.Second)
			require.Equal(t, 8000, c.size())
			c.bye(t)
		})
	})
}

func TestKeys(t *testing.T) {
	t.Parallel()
	t.Run("GA-22 keys during playback", func(t *testing.T) {
		t.Parallel()
		virtual(t, func(t *testing.T, b *bundle) {
			c, conv := b.dialVirtual(t, false)
			conv.say("1", tone(time.Minute))
			c.pass(t, time.Second)
			for _, key := range []string{"x", "12", "", "5", "#", "D", "e"} {
				require.NoError(t, c.DTMF(key))
			}
			for _, want := range []byte("5#D") {
				require.Equal(t, call.DTMF{Digit: want}, command[call.DTMF](t, conv))
			}
			c.pass(t, 0)
			require.Len(t, c.came(audiohook.Event), 1, "the first key interrupts")
			c.bye(t)
			b.calls.Wait()
			require.Contains(t, b.logs.String(), "ignored 4")
		})
	})
}

// Audio that the client left out is silence to the engine, so that its clock
// does not fall behind.
func TestGaps(t *testing.T) {
	t.Parallel()
	for _, tt := range []struct {
		name string
		gap  func(*testing.T, *caller)
		want time.Duration
	}{
		{"GA-22 discarded", func(t *testing.T, c *caller) {
			require.NoError(t, c.Gap(audiohook.Discarded, time.Second, 1500*time.Millisecond))
		}, 1500 * time.Millisecond},
		{"GA-22 paused and resumed", func(t *testing.T, c *caller) {
			require.NoError(t, c.Gap(audiohook.Paused, 0, 0))
			c.pass(t, 2*time.Second)
			require.NoError(t, c.Gap(audiohook.Resumed, time.Second, 2*time.Second))
		}, 2 * time.Second},
		{"GA-22 a long pause", func(t *testing.T, c *caller) {
			require.NoError(t, c.Gap(audiohook.Resumed, time.Second, time.Hour))
		}, maxMissing},
	} {
		t.Run(tt.name, func(t *testing.T) {
			t.Parallel()
			virtual(t, func(t *testing.T, b *bundle) {
				c, conv := b.dialVirtual(t, false)
				require.NoError(t, c.Audio(level(7, time.Second)))
				tt.gap(t, c)
				require.NoError(t, c.Audio(level(9, time.Second)))
				c.pass(t, 0)
				want := level(7, time.Second)
				want = append(want, level(0xff, tt.want)...)
				want = append(want, level(9, time.Second)...)
				require.True(t, bytes.Equal(want, conv.audio()))
				c.bye(t)
			})
		})
	}
	t.Run("GA-22 update", func(t *testing.T) {
		t.Parallel()
		virtual(t, func(t *testing.T, b *bundle) {
			c, _ := b.dialVirtual(t, false)
			require.NoError(t, c.Update("de-DE"))
			c.pass(t, 0)
			require.Len(t, c.came(audiohook.Updated), 1)
			c.bye(t)
		})
	})
}

func TestStop(t *testing.T) {
	t.Parallel()
	t.Run("GA-23 a gateway that stops hands the caller over", func(t *testing.T) {
		t.Parallel()
		virtual(t, func(t *testing.T, b *bundle) {
			c, conv := b.dialVirtual(t, false)
			conv.say("1", tone(time.Minute))
			c.pass(t, time.Second)
			b.engine.session.Stop(call.ReasonDrainTimeout)
			c.pass(t, 5*time.Second)
			require.Len(t, c.came(audiohook.Disconnect), 1)
			m := c.came(audiohook.Disconnect)[0].message
			require.Equal(t, audiohook.ReasonCompleted, m.Reason)
			require.Equal(t, "transfer", m.Output["disposition"])
			require.Equal(t, "drain_timeout", m.Output["transfer_reason"])
			<-c.left
			b.calls.Wait()
			require.True(t, b.reports[0].Final)
		})
	})
}
