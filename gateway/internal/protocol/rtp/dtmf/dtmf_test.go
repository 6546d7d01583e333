package dtmf_test

import (
	"fmt"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/va-gateway/terraform-provider-va/gateway/internal/protocol/rtp/dtmf"
)

var start = time.Date(2026, 1, 1, 0, 0, 0, 0, time.UTC)

// packet is one that comes at ms milliseconds.
type packet struct {
	ms   int
	time uint32
	key  byte
	end  bool
	dur  int
}

func (p packet) payload() []byte {
	return dtmf.Event{
		Code: byte(strings.IndexByte("0123456789*#ABCD", p.key)), End: p.end, Duration: uint16(p.dur),
	}.Append(nil)
}

// press is a whole key of 100 ms with three end packets.
func press(ms int, time uint32, key byte) (all []packet) {
	for i := 1; i <= 7; i++ {
		all = append(all, packet{ms + 20*i, time, key, i >= 5, min(i, 5) * 160})
	}
	return all
}

func join(all ...[]packet) (out []packet) {
	for _, p := range all {
		out = append(out, p...)
	}
	return out
}

func TestKeysSIP08(t *testing.T) {
	t.Parallel()
	lost := func(all []packet, from, to int) []packet { return append(all[:from:from], all[to:]...) }
	for _, tt := range []struct {
		name string
		in   []packet
		want string
	}{
		{"DTMF events", join(press(0, 1000, '1'), press(200, 2600, '1'), press(400, 4200, '#')), "11#"},
		{"DTMF every key", func() (all []packet) {
			for i, k := range []byte("0123456789*#ABCD") {
				all = append(all, press(200*i, uint32(1600*i), k)...)
			}
			return all
		}(), "0123456789*#ABCD"},
		{"DTMF lost end packets", join(lost(press(0, 1000, '1'), 4, 7), press(200, 2600, '1')), "11"},
		{"DTMF lost beginning", join(lost(press(0, 1000, '1'), 0, 6), press(200, 2600, '2')), "12"},
		{"DTMF only end packets, as some browsers send", press(0, 1000, '5')[4:], "5"},
		{"DTMF duplicated packets", join(press(0, 1000, '1'), press(0, 1000, '1')), "1"},
		{"DTMF an old packet after the next key", join(press(0, 9, '1'), press(200, 2600, '2'), press(0, 9, '1')[6:]), "12"},
		{"DTMF on a clock that was set anew", join(press(0, 100_000, '1'), press(9000, 10, '2')), "12"},
		{"DTMF held for 10 s", join(
			[]packet{{0, 0, '7', false, 160}, {8000, 0, '7', false, 0xFFFF}, {8200, 0xFFFF, '7', false, 160}},
			[]packet{{10000, 0xFFFF, '7', true, 14000}, {11000, 90000, '7', true, 100}}), "77"},
		{"DTMF clock wraps", join(press(0, 0xFFFFFF00, '1'), press(200, 1344, '2')), "12"},
	} {
		t.Run("SIP-08 "+tt.name, func(t *testing.T) {
			t.Parallel()
			var r dtmf.Receiver
			var got []byte
			for _, p := range tt.in {
				if key, ok := r.Packet(start.Add(time.Duration(p.ms)*time.Millisecond), p.time, p.payload()); ok {
					got = append(got, key)
				}
			}
			require.Equal(t, tt.want, string(got))
			require.Zero(t, r.Unknown())
		})
	}
}

func TestBothWaysSIP08(t *testing.T) {
	t.Parallel()
	at := func(ms int) time.Time { return start.Add(time.Duration(ms) * time.Millisecond) }
	for _, tt := range []struct {
		name string
		told []int // milliseconds at which INFO says '1'
		in   []packet
		want string
	}{
		{"SIP-08 INFO alone", []int{0, 300}, nil, "11"},
		{"SIP-08 INFO after the event", []int{190}, press(0, 1000, '1'), "1"},
		{"SIP-08 INFO before the event", []int{10}, press(50, 1000, '1'), "1"},
		{"SIP-08 INFO during the event", []int{60}, press(0, 1000, '1'), "1"},
		{"SIP-08 INFO long after is another press", []int{600}, press(0, 1000, '1'), "11"},
		{"SIP-08 INFO of another key", []int{60}, press(0, 1000, '2'), "21"},
		{"SIP-08 two presses both ways", []int{150, 450}, join(press(0, 1000, '1'), press(300, 3400, '1')), "11"},
		{"SIP-08 two of INFO at one event", []int{150, 160}, press(0, 1000, '1'), "11"},
		{
			"SIP-08 INFO after an event without end packets", []int{370}, press(0, 1000, '1')[:4], "1",
		},
	} {
		t.Run(tt.name, func(t *testing.T) {
			t.Parallel()
			var r dtmf.Receiver
			var got []byte
			for ms := range 1000 {
				for _, m := range tt.told {
					if m == ms && r.Told(at(ms), '1') {
						got = append(got, '1')
					}
				}
				for _, p := range tt.in {
					if p.ms != ms {
						continue
					}
					if key, ok := r.Packet(at(ms), p.time, p.payload()); ok {
						got = append(got, key)
					}
				}
			}
			require.Equal(t, tt.want, string(got))
		})
	}
	var r dtmf.Receiver
	require.False(t, r.Told(start, 'x'))
	require.Equal(t, uint64(1), r.Unknown())
}

func TestOtherEventsAreNoKeys(t *testing.T) {
	t.Parallel()
	var r dtmf.Receiver
	for _, payload := range [][]byte{{16, 0, 0, 0}, {255, 0x80, 0, 0}, {1, 2, 3}, nil} {
		_, ok := r.Packet(start, 1, payload)
		require.False(t, ok)
	}
	require.Equal(t, uint64(4), r.Unknown())
	_, err := dtmf.Parse(nil)
	require.ErrorIs(t, err, dtmf.ErrShort)
}

func TestSender(t *testing.T) {
	t.Parallel()
	var s dtmf.Sender
	require.Error(t, s.Queue("12x"))
	require.ErrorIs(t, s.Queue(strings.Repeat("1", 65)), dtmf.ErrFull)
	require.NoError(t, s.Queue("1#"))
	var got []string
	for now := uint32(0); now < 20*160; now += 160 {
		step, e, at, marker := s.Next(now, 160)
		switch step {
		case dtmf.Send:
			got = append(got, fmt.Sprintf("%d at %d for %d end %t marker %t", e.Code, at, e.Duration, e.End, marker))
		case dtmf.Pause:
			got = append(got, "pause")
		case dtmf.Idle:
			got = append(got, "idle")
		}
	}
	require.Equal(t, []string{
		"1 at 0 for 160 end false marker true", "1 at 0 for 320 end false marker false",
		"1 at 0 for 480 end false marker false", "1 at 0 for 640 end false marker false",
		"1 at 0 for 800 end true marker false", "1 at 0 for 800 end true marker false",
		"1 at 0 for 800 end true marker false", "pause",
		"11 at 1280 for 160 end false marker true", "11 at 1280 for 320 end false marker false",
		"11 at 1280 for 480 end false marker false", "11 at 1280 for 640 end false marker false",
		"11 at 1280 for 800 end true marker false", "11 at 1280 for 800 end true marker false",
		"11 at 1280 for 800 end true marker false", "pause", "idle", "idle", "idle", "idle",
	}, got)
}

// TestWhatIsSentIsHeard on both clocks that telephone events are used with.
func TestWhatIsSentIsHeard(t *testing.T) {
	t.Parallel()
	for _, rate := range []uint32{8000, 16000, 48000} {
		t.Run(fmt.Sprintf("SIP-08 DTMF at %d Hz", rate), func(t *testing.T) {
			t.Parallel()
			const digits = "0123456789*#ABCD0011"
			var s dtmf.Sender
			var r dtmf.Receiver
			require.NoError(t, s.Queue(digits))
			var got []byte
			for i := range 200 {
				step, e, at, _ := s.Next(uint32(i)*rate/50, rate/50)
				if step != dtmf.Send {
					continue
				}
				now := start.Add(time.Duration(i) * 20 * time.Millisecond)
				if key, ok := r.Packet(now, at, e.Append(nil)); ok {
					got = append(got, key)
				}
			}
			require.Equal(t, digits, string(got))
		})
	}
}

func FuzzReceiver(f *testing.F) {
	f.Add([]byte{1, 0x80, 0, 160, 0, 0, 0, 1})
	f.Fuzz(func(t *testing.T, data []byte) {
		var r dtmf.Receiver
		now, last := start, -1
		for n := 0; len(data) >= 8; data, n = data[8:], n+1 {
			now = now.Add(time.Duration(data[7]) * time.Millisecond)
			key, ok := r.Packet(now, uint32(data[6]), data[:data[5]%6])
			if !ok {
				continue
			}
			require.Contains(t, "0123456789*#ABCD", string(key))
			require.NotEqual(t, last, int(data[6]), "one key for a timestamp")
			last = int(data[6])
		}
	})
}
