package platform

import (
	"bytes"
	"slices"
	"strconv"
	"testing"
	"time"

	"github.com/stretchr/testify/require"
	"pgregory.net/rapid"

	"github.com/va-gateway/terraform-provider-va/gateway/internal/audio"
)

// TestPlayoutKeepsItsPromises compares the queue with a plain model of one:
// the caller hears what was added and not cleared, in order, and every mark
// once, in order, not before its audio unless it was cleared.
func TestPlayoutKeepsItsPromises(t *testing.T) {
	t.Parallel()
	rapid.Check(t, func(t *rapid.T) {
		var p playout
		var waiting []byte // model: added and not yet taken
		var marks []string // model: not yet echoed
		frame := make([]byte, audio.Mulaw8k.FrameBytes())
		next, added := byte(0), 0
		due := map[string]int64{} // position of each mark
		echoed := func(names []string) {
			require.LessOrEqual(t, len(names), len(marks))
			require.True(t, slices.Equal(marks[:len(names)], names))
			marks = marks[len(names):]
		}
		for range rapid.IntRange(1, 200).Draw(t, "steps") {
			switch rapid.SampledFrom([]string{"add", "mark", "frame", "frame", "clear"}).Draw(t, "step") {
			case "add":
				sound := make([]byte, rapid.IntRange(1, 700).Draw(t, "bytes"))
				for i := range sound {
					sound[i] = next & 0x7F // never the byte of silence
					next++
				}
				require.True(t, p.add(sound))
				waiting = append(waiting, sound...)
				added += len(sound)
			case "mark":
				name := strconv.Itoa(len(due))
				due[name] = int64(added)
				marks = append(marks, name)
				require.True(t, p.mark(name))
				echoed(p.heard())
			case "clear":
				dropped, names := p.clear()
				require.Equal(t, len(waiting), dropped)
				require.Len(t, names, len(marks))
				echoed(names)
				waiting = nil
			case "frame":
				before := p.taken
				p.frame(frame)
				n := min(len(waiting), len(frame))
				require.True(t, bytes.Equal(waiting[:n], frame[:n]))
				require.Equal(t, len(frame)-n, bytes.Count(frame, []byte{0xFF}))
				waiting = waiting[n:]
				names := p.heard()
				for _, name := range names {
					require.LessOrEqual(t, due[name], before)
				}
				echoed(names)
				for _, name := range marks {
					require.Greater(t, due[name], before)
				}
			}
		}
	})
}

func TestPlayoutIsBounded(t *testing.T) {
	t.Parallel()
	var p playout
	second := make([]byte, audio.Mulaw8k.Bytes(time.Second))
	for range int(maxQueued / time.Second) {
		require.True(t, p.add(second))
	}
	require.False(t, p.add(second[:1]))
	for range maxMarks {
		require.True(t, p.mark("m"))
	}
	require.False(t, p.mark("m"))
}
