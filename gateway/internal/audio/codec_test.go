package audio_test

import (
	"math"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/va-gateway/terraform-provider-va/gateway/internal/audio"
)

// interval is one row of the G.711 tables for positive values: samples from
// lower up to the next row's lower become code, and code is heard as value.
// All three in the units of the recommendation.
type interval struct {
	lower, value int
	code         byte
}

// intervals builds the positive half of a table of ITU-T G.711 from its first
// two columns: the end of every segment and how many intervals it has. The
// value of an interval is its middle. Character signals start at first and
// count in the order the recommendation prints them.
func intervals(segments [][2]int, code func(n int) byte, zero bool) []interval {
	var rows []interval
	lower := 0
	if zero { // the µ-law's first interval is half of one around zero
		rows = append(rows, interval{0, 0, code(0)})
		lower = 1
	}
	for _, s := range segments {
		step := (s[0] - lower) / s[1]
		for range s[1] {
			rows = append(rows, interval{lower, lower + step/2, code(len(rows))})
			lower += step
		}
	}
	return rows
}

// Table 2a: 8159 of ±8192, thus 4 units of 16-bit audio each. Codes count
// down from 0xFF.
func mulawTable() []interval {
	return intervals([][2]int{
		{31, 15}, {95, 16}, {223, 16}, {479, 16}, {991, 16}, {2015, 16}, {4063, 16}, {8159, 16},
	}, func(n int) byte { return 0xFF - byte(n) }, true)
}

// Table 1a: 4096 of ±4096, thus 8 units of 16-bit audio each. Codes count up
// from 0x80 with the even bits inverted.
func alawTable() []interval {
	return intervals([][2]int{
		{64, 32}, {128, 16}, {256, 16}, {512, 16}, {1024, 16}, {2048, 16}, {4096, 16},
	}, func(n int) byte { return (0x80 + byte(n)) ^ 0x55 }, false)
}

func TestG711MatchesTheRecommendation(t *testing.T) {
	t.Parallel()
	for _, tt := range []struct {
		name  string
		codec audio.Codec
		table []interval
		unit  int
	}{
		{"mulaw", audio.PCMU, mulawTable(), 4},
		{"alaw", audio.PCMA, alawTable(), 8},
	} {
		t.Run(tt.name, func(t *testing.T) {
			t.Parallel()
			require.Len(t, tt.table, 128)
			for _, row := range tt.table {
				heard := tt.codec.AppendDecode(nil, []byte{row.code, row.code ^ 0x80})
				require.Equal(t, []int16{int16(row.value * tt.unit), int16(-row.value * tt.unit)}, heard,
					"code %#02x", row.code)
			}
			for s := math.MinInt16; s <= math.MaxInt16; s++ {
				magnitude, sign := s, byte(0)
				if s < 0 {
					magnitude, sign = -s, 0x80
				}
				want := tt.table[0].code
				for _, row := range tt.table {
					if row.lower*tt.unit > magnitude {
						break
					}
					want = row.code
				}
				got := tt.codec.AppendEncode(nil, []int16{int16(s)})
				if got[0] != want^sign {
					t.Fatalf("sample %d: got %#02x, want %#02x", s, got[0], want^sign)
				}
			}
		})
	}
}

func TestG711Anchors(t *testing.T) {
	t.Parallel()
	mulaw := audio.PCMU.AppendDecode(nil, []byte{0xFF, 0x7F, 0x80, 0x00, 0xFE, 0x7E})
	require.Equal(t, []int16{0, 0, 32124, -32124, 8, -8}, mulaw)
	alaw := audio.PCMA.AppendDecode(nil, []byte{0xD5, 0x55, 0xAA, 0x2A, 0xD4, 0x54})
	require.Equal(t, []int16{8, -8, 32256, -32256, 24, -24}, alaw)
	require.Equal(t, []byte{0xFF, 0x80, 0x00, 0x00}, audio.PCMU.AppendEncode(nil, []int16{0, 32767, -32767, -32768}))
	require.Equal(t, []byte{0xD5, 0xAA, 0x2A, 0x2A}, audio.PCMA.AppendEncode(nil, []int16{0, 32767, -32767, -32768}))
}

func TestG711EncodeUndoesDecode(t *testing.T) {
	t.Parallel()
	for c := range 256 {
		code := []byte{byte(c)}
		require.Equal(t, code, audio.PCMA.AppendEncode(nil, audio.PCMA.AppendDecode(nil, code)))
		if c == 0x7F { // the µ-law has two zeros
			code = []byte{0xFF}
		}
		require.Equal(t, code, audio.PCMU.AppendEncode(nil, audio.PCMU.AppendDecode(nil, []byte{byte(c)})))
	}
}

func TestL16(t *testing.T) {
	t.Parallel()
	samples := []int16{0, 1, -1, math.MaxInt16, math.MinInt16, 0x1234}
	data := audio.L16.AppendEncode(nil, samples)
	require.Equal(t, []byte{0, 0, 1, 0, 0xFF, 0xFF, 0xFF, 0x7F, 0, 0x80, 0x34, 0x12}, data)
	require.Equal(t, samples, audio.L16.AppendDecode(nil, data))
	require.Equal(t, samples[:5], audio.L16.AppendDecode(nil, data[:11]), "an odd byte is no sample")
}

func BenchmarkCodec(b *testing.B) {
	for _, tt := range []struct {
		name  string
		codec audio.Codec
	}{{"mulaw", audio.PCMU}, {"alaw", audio.PCMA}, {"l16", audio.L16}} {
		samples := tone(8000, 440, 0.5, 160)
		data := tt.codec.AppendEncode(nil, samples)
		b.Run(tt.name+"/decode", func(b *testing.B) {
			b.ReportAllocs()
			for b.Loop() {
				samples = tt.codec.AppendDecode(samples[:0], data)
			}
		})
		b.Run(tt.name+"/encode", func(b *testing.B) {
			b.ReportAllocs()
			for b.Loop() {
				data = tt.codec.AppendEncode(data[:0], samples)
			}
		})
	}
}
