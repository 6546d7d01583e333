package genesysaudioconnector

import (
	"bytes"
	"slices"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/va-gateway/terraform-provider-va/gateway/internal/audio"
	"github.com/va-gateway/terraform-provider-va/gateway/internal/call"
	"github.com/va-gateway/terraform-provider-va/gateway/internal/protocol/audiohook"
)

// check holds what came to the published limits: 5 messages a second on average,
// 25 at once, for audio and for text each.
func checkLimits(t *testing.T, events []arrival) {
	t.Helper()
	for _, binary := range []bool{true, false} {
		var times []time.Duration
		for _, e := range events {
			if (e.kind == audiohook.Audio) == binary {
				times = append(times, e.at)
			}
		}
		for i := range times {
			for j := i; j < len(times); j++ {
				if n := j - i + 1; float64(n) > 25+5*(times[j]-times[i]).Seconds() {
					require.FailNow(t, "too many messages", "%d from %s to %s", n, times[i], times[j])
				}
			}
		}
	}
}

// gaps are the distances between messages of audio, sorted.
func gaps(events []arrival) (d []time.Duration) {
	for i := 1; i < len(events); i++ {
		d = append(d, events[i].at-events[i-1].at)
	}
	slices.Sort(d)
	return d
}

// The receiver's view of a monologue of ten minutes that the engine delivers
// twenty times as fast as it is spoken, and of the reply after a barge-in.
func TestPacing(t *testing.T) {
	t.Parallel()
	t.Run("GA-16 rates at the receiver", func(t *testing.T) {
		t.Parallel()
		virtual(t, func(t *testing.T, b *bundle) {
			c, conv := b.dialVirtual(t, false)
			const length = 10 * time.Minute
			go func() {
				tick := time.NewTicker(time.Second)
				defer tick.Stop()
				for range int(length / (20 * time.Second)) {
					for data := tone(20 * time.Second); len(data) > 0; data = data[1600:] {
						conv.send(call.Event{Kind: call.EventAudio, Item: "1", Data: data[:1600]})
					}
					<-tick.C
				}
				conv.send(call.Event{Kind: call.EventAudioDone, Item: "1"})
			}()
			c.pass(t, length+time.Second)
			events := c.came(audiohook.Audio)
			require.Equal(t, audio.Mulaw8k.Bytes(length), c.size())
			checkLimits(t, c.log())
			require.LessOrEqual(t, float64(len(events)), 5*length.Seconds())
			require.Equal(t, 3200, events[0].size, "primed with 400 ms")
			for _, e := range events[1:] {
				require.Equal(t, 1600, e.size)
			}
			d := gaps(events)
			require.Equal(t, 200*time.Millisecond, d[len(d)/2])
			require.Equal(t, 200*time.Millisecond, d[len(d)*99/100])

			conv.say("2", tone(time.Minute))
			c.pass(t, 1500*time.Millisecond)
			before := len(c.came(audiohook.Audio))
			conv.send(call.Event{Kind: call.EventSpeechStarted})
			conv.say("3", tone(10*time.Second))
			c.pass(t, 11*time.Second)
			checkLimits(t, c.log())
			reply := c.came(audiohook.Audio)[before:]
			require.Equal(t, 3200, reply[0].size, "primed again, at once")
			after := gaps(reply)
			t.Logf("after a barge-in: %d messages, gap p50 %s p99 %s", len(reply), after[len(after)/2], after[len(after)*99/100])
			require.Equal(t, 200*time.Millisecond, after[len(after)/2])
			require.Equal(t, 200*time.Millisecond, after[len(after)*99/100])
			c.bye(t)
		})
	})
	t.Run("GA-16 many short replies", func(t *testing.T) {
		t.Parallel()
		virtual(t, func(t *testing.T, b *bundle) {
			c, conv := b.dialVirtual(t, false)
			for n := range 100 { // each makes a message of its own
				conv.say(string(rune('a'+n%26)), tone(60*time.Millisecond))
			}
			c.pass(t, 30*time.Second)
			require.Equal(t, 100*480, c.size())
			checkLimits(t, c.log())
			c.bye(t)
		})
	})
}

func TestLongReply(t *testing.T) {
	t.Parallel()
	t.Run("GA-17 three minutes are not truncated", func(t *testing.T) {
		t.Parallel()
		virtual(t, func(t *testing.T, b *bundle) {
			c, conv := b.dialVirtual(t, false)
			want := tone(3 * time.Minute)
			conv.say("1", want)
			conv.tool(call.ToolEnd, "")
			c.pass(t, 2*time.Minute)
			require.Empty(t, c.came(audiohook.Disconnect))
			c.pass(t, time.Minute+time.Second)
			require.True(t, bytes.Equal(want, c.heard()))
			require.Len(t, c.came(audiohook.Disconnect), 1)
			<-c.left
		})
	})
}

// A client that complains gets half as many messages for a while, and then all
// of the audio nevertheless.
func TestSlowDown(t *testing.T) {
	t.Parallel()
	for _, tt := range []struct {
		name       string
		retryAfter time.Duration
		want       time.Duration // without audio
	}{
		{"GA-22 error 429 without retryAfter", 0, 400 * time.Millisecond},
		{"GA-22 error 429 with retryAfter", 3 * time.Second, 3 * time.Second},
		{"GA-22 error 429 with a retryAfter of an hour", time.Hour, maxPause},
	} {
		t.Run(tt.name, func(t *testing.T) {
			t.Parallel()
			virtual(t, func(t *testing.T, b *bundle) {
				c, conv := b.dialVirtual(t, false)
				conv.say("1", tone(90*time.Second))
				c.pass(t, 20*time.Second)
				require.NoError(t, c.Error(429, "slow down", tt.retryAfter))
				from := time.Since(c.begun)
				c.pass(t, 29*time.Second)
				var slow []arrival
				for _, e := range c.came(audiohook.Audio) {
					if e.at > from {
						slow = append(slow, e)
					}
				}
				if tt.retryAfter > 0 {
					require.GreaterOrEqual(t, slow[0].at-from, tt.want-200*time.Millisecond)
					require.LessOrEqual(t, slow[0].at-from, tt.want+200*time.Millisecond)
				}
				spent := 20 // of the burst, at most
				require.LessOrEqual(t, float64(len(slow)), float64(spent)+2.5*29)
				from = time.Since(c.begun)
				c.pass(t, time.Minute)
				require.Equal(t, 90*8000, c.size())
				require.Contains(t, b.logs.String(), "the client reports an error")
				require.Empty(t, c.came(audiohook.Disconnect))
				var fast []arrival
				for _, e := range c.came(audiohook.Audio) {
					if e.at > from+3*time.Second && e.at < from+20*time.Second {
						fast = append(fast, e)
					}
				}
				require.Equal(t, 200*time.Millisecond, gaps(fast)[len(fast)/2], "recovered")
				c.bye(t)
			})
		})
	}
}
