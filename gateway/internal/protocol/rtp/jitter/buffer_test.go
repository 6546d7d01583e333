package jitter_test

import (
	"encoding/binary"
	"fmt"
	"slices"
	"testing"
	"time"

	"github.com/stretchr/testify/require"
	"pgregory.net/rapid"

	"github.com/va-gateway/terraform-provider-va/gateway/internal/protocol/rtp/jitter"
)

const frame = 160 // ticks of 20 ms at 8 kHz

var start = time.Date(2026, 1, 1, 0, 0, 0, 0, time.UTC)

// ms is a moment of a test.
func ms(n int) time.Time { return start.Add(time.Duration(n) * time.Millisecond) }

func packet(seq uint16, time uint32) jitter.Packet {
	return jitter.Packet{Seq: seq, Time: time, Length: frame, Payload: fmt.Append(nil, seq)}
}

// nth is packet n of a stream without pauses.
func nth(n int) jitter.Packet { return packet(uint16(n), uint32(n*frame)) }

// got is what came out, in words.
func got(b *jitter.Buffer, now time.Time) (out []string) {
	for {
		p, ok := b.Pop(now)
		if !ok {
			return out
		}
		text := fmt.Sprint(p.Seq)
		if p.Lost+p.Pause > 0 {
			text += fmt.Sprintf(" lost %d pause %d", p.Lost/8, p.Pause/8)
		}
		out = append(out, text)
	}
}

func TestInOrderGoesOnAtOnce(t *testing.T) {
	t.Parallel()
	b := jitter.New(8000)
	for i := range 200 {
		seq := 65500 + i // wraps
		b.Push(ms(20*i), nth(seq))
		require.Equal(t, []string{fmt.Sprint(uint16(seq))}, got(b, ms(20*i)))
		require.Zero(t, b.Deadline())
	}
	require.Equal(t, jitter.Stats{}, b.Stats())
}

func TestFaultsSIP13(t *testing.T) {
	t.Parallel()
	type in struct {
		at int
		p  jitter.Packet
	}
	void := func(seq int, time uint32) jitter.Packet { return jitter.Packet{Seq: uint16(seq), Time: time} }
	for _, tt := range []struct {
		name  string
		in    []in
		end   int // when it is asked the last time
		want  []string
		stats jitter.Stats
	}{
		{
			"SIP-13 reorder",
			[]in{{0, nth(1)}, {20, nth(3)}, {30, nth(2)}, {40, nth(4)}},
			100,
			[]string{"1", "2", "3", "4"},
			jitter.Stats{Reordered: 1},
		},
		{
			"SIP-13 loss",
			[]in{{0, nth(1)}, {40, nth(3)}, {60, nth(4)}, {80, nth(5)}},
			100,
			[]string{"1", "3 lost 20 pause 0", "4", "5"},
			jitter.Stats{Lost: 1},
		},
		{
			"SIP-13 duplicates",
			[]in{{0, nth(1)}, {1, nth(1)}, {20, nth(2)}, {60, nth(4)}, {61, nth(4)}, {70, nth(3)}, {71, nth(3)}},
			100,
			[]string{"1", "2", "3", "4"},
			jitter.Stats{Duplicates: 3, Reordered: 1},
		},
		{
			"SIP-13 late",
			[]in{{0, nth(1)}, {20, nth(3)}, {70, nth(2)}, {80, nth(4)}},
			100,
			[]string{"1", "3 lost 20 pause 0", "4"},
			jitter.Stats{Lost: 1, Late: 1},
		},
		{
			"SIP-13 burst of 300 ms lost",
			[]in{{0, nth(1)}, {320, nth(17)}, {340, nth(18)}},
			400,
			[]string{"1", "17 lost 300 pause 0", "18"},
			jitter.Stats{Lost: 15},
		},
		{
			"SIP-13 300 ms at once",
			[]in{{0, nth(1)}, {300, nth(2)}, {300, nth(3)}, {300, nth(5)}, {300, nth(4)}, {301, nth(6)}},
			301,
			[]string{"1", "2", "3", "4", "5", "6"},
			jitter.Stats{Reordered: 1},
		},
		{
			"silence suppression",
			[]in{{0, nth(1)}, {2000, packet(2, 101*frame)}},
			2000,
			[]string{"1", "2 lost 0 pause 1980"},
			jitter.Stats{},
		},
		{
			"loss within silence suppression",
			[]in{{0, nth(1)}, {2000, packet(3, 101*frame)}},
			2100,
			[]string{"1", "3 lost 20 pause 1960"},
			jitter.Stats{Lost: 1},
		},
		{
			"clock restarted",
			[]in{{0, nth(1)}, {20, packet(2, 4_000_000)}, {40, packet(3, 4_000_160)}},
			100,
			[]string{"1", "2", "3"},
			jitter.Stats{},
		},
		{
			"clock backwards",
			[]in{{0, nth(100)}, {20, packet(101, 0)}, {40, packet(102, frame)}},
			100,
			[]string{"100", "101", "102"},
			jitter.Stats{},
		},
		{
			"inexact clock",
			[]in{{0, nth(1)}, {20, packet(2, 2*frame+50)}, {40, packet(3, 3*frame-20)}},
			100,
			[]string{"1", "2", "3"},
			jitter.Stats{},
		},
		{
			"telephone events take numbers and no time",
			[]in{{0, nth(1)}, {20, void(2, 2*frame)}, {40, void(3, 2*frame)}, {60, packet(4, 4*frame)}},
			100,
			[]string{"1", "2", "3", "4 lost 0 pause 40"},
			jitter.Stats{},
		},
		{
			"a lost telephone event",
			[]in{{0, nth(1)}, {20, void(2, 2*frame)}, {60, packet(4, 2*frame)}},
			110,
			[]string{"1", "2", "4"},
			jitter.Stats{Lost: 1},
		},
		{
			"restart",
			[]in{{0, nth(1)}, {20, packet(40000, 7)}, {40, packet(40001, 167)}, {60, packet(40002, 327)}},
			100,
			[]string{"1", "40001", "40002"},
			jitter.Stats{Strange: 1, Restarts: 1},
		},
		{
			"strangers do not disturb",
			[]in{{0, nth(1)}, {1, packet(40000, 7)}, {20, nth(2)}, {21, packet(50000, 7)}, {40, nth(3)}},
			100,
			[]string{"1", "2", "3"},
			jitter.Stats{Strange: 2},
		},
		{
			"further ahead than can be held",
			[]in{{0, nth(1)}, {20, nth(3)}, {21, nth(200)}, {41, nth(201)}},
			41,
			[]string{"1", "3 lost 20 pause 0", "200 lost 3920 pause 0", "201"},
			jitter.Stats{Lost: 197},
		},
	} {
		t.Run(tt.name, func(t *testing.T) {
			t.Parallel()
			b := jitter.New(8000)
			var out []string
			now := 0
			tick := func(until int) {
				for ; now < until; now++ {
					if d := b.Deadline(); !d.IsZero() && !ms(now).Before(d) {
						out = append(out, got(b, ms(now))...)
					}
				}
			}
			for _, i := range tt.in {
				tick(i.at)
				b.Push(ms(i.at), i.p)
				out = append(out, got(b, ms(i.at))...)
			}
			tick(tt.end)
			require.Equal(t, tt.want, out)
			require.Equal(t, tt.stats, b.Stats())
			require.Zero(t, b.Deadline())
		})
	}
}

func TestTheWaitAdapts(t *testing.T) {
	t.Parallel()
	b := jitter.New(8000)
	require.Equal(t, 40*time.Millisecond, b.Wait())
	n := 0
	// play sends packets for d; every fifth comes so much later than due, but for
	// those at the end, which nothing would overtake.
	play := func(d, late time.Duration) {
		type in struct {
			at time.Time
			p  jitter.Packet
		}
		var all []in
		count := int(d / (20 * time.Millisecond))
		for i := range count {
			at := ms(20 * n)
			if n%5 == 4 && i < count-60 {
				at = at.Add(late)
			}
			all = append(all, in{at, nth(n)})
			n++
		}
		slices.SortStableFunc(all, func(a, b in) int { return a.at.Compare(b.at) })
		for _, i := range all {
			for d := b.Deadline(); !d.IsZero() && d.Before(i.at); d = b.Deadline() {
				got(b, d)
			}
			b.Push(i.at, i.p)
			got(b, i.at)
		}
	}
	play(3*time.Second, 110*time.Millisecond)
	require.Equal(t, 100*time.Millisecond, b.Wait(), "a gap is noticed 20 ms after the packet was due")
	late := b.Stats().Late
	require.NotZero(t, late)
	play(5*time.Second, 110*time.Millisecond)
	require.Equal(t, late, b.Stats().Late, "none is late any more")
	play(2*time.Minute, 0)
	require.Equal(t, 20*time.Millisecond, b.Wait())
	play(5*time.Second, time.Second)
	require.Equal(t, 20*time.Millisecond, b.Wait(), "what no wait would catch makes nobody wait")
}

func TestClockSkewSIP13(t *testing.T) {
	t.Parallel()
	for _, skew := range []int{-400, 400} { // microseconds of 20 ms
		t.Run(fmt.Sprintf("SIP-13 2 %% clock skew for 1 h (simulated), %d", skew), func(t *testing.T) {
			t.Parallel()
			b, now, heard := jitter.New(8000), start, 0
			for n := range 180_000 {
				b.Push(now, nth(n))
				for {
					p, ok := b.Pop(now)
					if !ok {
						break
					}
					require.Zero(t, p.Lost+p.Pause)
					heard++
				}
				require.Equal(t, n+1, heard, "nothing ever waits")
				now = now.Add(time.Duration(20_000+skew) * time.Microsecond)
			}
			require.Equal(t, jitter.Stats{}, b.Stats())
		})
	}
}

// TestAnyNetwork sends a stream through any network and checks what must hold
// whatever it does.
func TestAnyNetwork(t *testing.T) {
	t.Parallel()
	rapid.Check(t, func(t *rapid.T) {
		type in struct {
			at time.Time
			n  int
		}
		count := rapid.IntRange(1, 300).Draw(t, "packets")
		first := rapid.Uint16().Draw(t, "first")
		origin := rapid.Uint32().Draw(t, "origin")
		jit := rapid.IntRange(0, 150).Draw(t, "jitter")
		loss := rapid.IntRange(0, 30).Draw(t, "loss")
		double := rapid.IntRange(0, 20).Draw(t, "duplicates")
		var all []in
		came := map[int]bool{}
		for n := range count {
			if n > 0 && rapid.IntRange(0, 99).Draw(t, "lost") < loss {
				continue
			}
			came[n] = true
			late := 0
			if n > 0 { // nothing can be in order with a stream that has not begun
				late = rapid.IntRange(0, jit).Draw(t, "late")
			}
			all = append(all, in{ms(20*n + late), n})
			if rapid.IntRange(0, 99).Draw(t, "twice") < double {
				all = append(all, in{ms(20*n + late + rapid.IntRange(0, 100).Draw(t, "again")), n})
			}
		}
		slices.SortStableFunc(all, func(a, b in) int { return a.at.Compare(b.at) })
		b := jitter.New(8000)
		var heard []int
		var ticks uint32
		pop := func(now time.Time) {
			for {
				p, ok := b.Pop(now)
				if !ok {
					return
				}
				n := int(binary.BigEndian.Uint32(p.Payload))
				require.Equal(t, first+uint16(n), p.Seq)
				if len(heard) > 0 {
					require.Greater(t, n, heard[len(heard)-1], "in order, each once")
				}
				heard = append(heard, n)
				ticks += p.Length + p.Lost + p.Pause
				require.Zero(t, p.Pause)
			}
		}
		arrived := map[int]time.Time{}
		for _, i := range all {
			for d := b.Deadline(); !d.IsZero() && d.Before(i.at); d = b.Deadline() {
				pop(d)
			}
			if _, twice := arrived[i.n]; !twice {
				arrived[i.n] = i.at
			}
			payload := binary.BigEndian.AppendUint32(nil, uint32(i.n))
			b.Push(i.at, jitter.Packet{
				Seq: first + uint16(i.n), Time: origin + uint32(i.n*frame), Length: frame, Payload: payload,
			})
			pop(i.at)
			clear(payload) // a buffer must not keep what it was lent
		}
		for d := b.Deadline(); !d.IsZero(); d = b.Deadline() {
			require.LessOrEqual(t, d.Sub(all[len(all)-1].at), 120*time.Millisecond)
			pop(d)
		}
		last := heard[len(heard)-1]
		require.Equal(t, uint32((last+1)*frame), ticks, "every moment is accounted for")
		s := b.Stats()
		require.Equal(t, last+1, len(heard)+int(s.Lost))
		require.Equal(t, len(all), len(heard)+int(s.Late)+int(s.Duplicates))
		if jit <= 20 {
			require.Len(t, heard, len(came), "what comes within the shortest wait is never late")
		}
	})
}

func FuzzBuffer(f *testing.F) {
	f.Add([]byte{0, 1, 0, 0, 0, 160, 160, 20, 0, 3, 0, 0, 1, 224, 160, 20})
	f.Fuzz(func(t *testing.T, data []byte) {
		b := jitter.New(8000)
		now := start
		for ; len(data) >= 8; data = data[8:] {
			p := jitter.Packet{
				Seq: binary.BigEndian.Uint16(data), Time: binary.BigEndian.Uint32(data[2:]), Length: uint32(data[6]),
				Payload: data[:8],
			}
			now = now.Add(time.Duration(data[7]) * time.Millisecond)
			b.Push(now, p)
			for n := 0; ; n++ {
				p, ok := b.Pop(now)
				if !ok {
					break
				}
				require.Less(t, n, 66, "more came out than can be inside")
				require.LessOrEqual(t, p.Lost+p.Pause, uint32(10*8000))
			}
			if d := b.Deadline(); !d.IsZero() {
				require.True(t, d.After(now))
				require.LessOrEqual(t, d.Sub(now), 120*time.Millisecond)
			}
		}
	})
}

func BenchmarkBuffer(b *testing.B) {
	for _, bm := range []struct {
		name  string
		order func(n int) int
	}{
		{"in order", func(n int) int { return n }},
		{"pairs swapped", func(n int) int { return n ^ 1 }},
	} {
		b.Run(bm.name, func(b *testing.B) {
			buf, payload, now, n := jitter.New(8000), make([]byte, 160), start, 0
			b.ReportAllocs()
			for b.Loop() {
				k := bm.order(n)
				buf.Push(now, jitter.Packet{Seq: uint16(k), Time: uint32(k * frame), Length: frame, Payload: payload})
				for {
					if _, ok := buf.Pop(now); !ok {
						break
					}
				}
				now = now.Add(20 * time.Millisecond)
				n++
			}
		})
	}
}
