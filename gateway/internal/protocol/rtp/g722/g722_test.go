package g722_test

import (
	"encoding/binary"
	"math"
	"os"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/va-gateway/terraform-provider-va/gateway/internal/protocol/rtp/g722"
)

// sound is what testdata holds in G.722: integers only, so that it is the same
// on every machine. A square wave that grows, then noise that does, then
// silence; never so loud that the output would be limited.
func sound() []int16 {
	var all []int16
	state := uint32(1)
	for i := range 12000 {
		switch {
		case i < 2000:
			v := int16(i * 6)
			if i/25%2 == 1 {
				v = -v
			}
			all = append(all, v)
		case i < 10000:
			state = state*1664525 + 1013904223
			all = append(all, int16(state>>16)>>(15-i*13/10000))
		default:
			all = append(all, 0)
		}
	}
	return all
}

func words(data []byte) []int16 {
	var all []int16
	for ; len(data) >= 2; data = data[2:] {
		all = append(all, int16(binary.LittleEndian.Uint16(data)))
	}
	return all
}

func read(t *testing.T, name string) []byte {
	t.Helper()
	data, err := os.ReadFile("testdata/" + name)
	require.NoError(t, err)
	return data
}

func TestVectors(t *testing.T) {
	t.Parallel()
	coded := read(t, "sound.g722")
	require.Equal(t, coded, g722.NewEncoder().Append(nil, sound()))
	require.Equal(t, -1, differ(words(read(t, "sound.raw")), g722.NewDecoder().Append(nil, coded)))
	// Every code at every scale, which no encoder would send.
	require.Equal(t, -1, differ(words(read(t, "codes.raw")), g722.NewDecoder().Append(nil, codes())))
}

// differ is the first place at which the samples differ, or -1. Where ours is
// limited, the other may have wrapped, see testdata.
func differ(want, got []int16) int {
	if len(want) != len(got) {
		return min(len(want), len(got))
	}
	for i := range want {
		limited := got[i] == math.MaxInt16 || got[i] == math.MinInt16
		if want[i] != got[i] && !limited {
			return i
		}
	}
	return -1
}

// codes is a stream of all bytes in an order that is not speech.
func codes() []byte {
	var all []byte
	state := uint32(7)
	for range 4000 {
		state = state*1664525 + 1013904223
		all = append(all, byte(state>>24))
	}
	return all
}

func TestPiecesMakeNoDifference(t *testing.T) {
	t.Parallel()
	in := sound()
	whole := g722.NewEncoder().Append(nil, in)
	e, d := g722.NewEncoder(), g722.NewDecoder()
	var coded []byte
	var out []int16
	for i := 0; i < len(in); i += 320 {
		coded = e.Append(coded, in[i:min(i+320, len(in))])
	}
	require.Equal(t, whole, coded)
	for _, b := range coded {
		out = d.Append(out, []byte{b})
	}
	require.Equal(t, g722.NewDecoder().Append(nil, whole), out)
}

// TestTonesPass both bands. The codec delays by 22 samples.
func TestTonesPass(t *testing.T) {
	t.Parallel()
	for _, hertz := range []float64{300, 1000, 3000, 5000, 6500} {
		var in []int16
		for i := range 16000 {
			in = append(in, int16(8000*math.Sin(2*math.Pi*hertz*float64(i)/16000)))
		}
		out := g722.NewDecoder().Append(nil, g722.NewEncoder().Append(nil, in))
		require.Len(t, out, len(in))
		var signal, noise float64
		for i := 1000; i < len(in)-22; i++ {
			diff := float64(out[i+22]) - float64(in[i])
			signal += float64(in[i]) * float64(in[i])
			noise += diff * diff
		}
		require.Greater(t, 10*math.Log10(signal/noise), 12.0, "at %.0f Hz", hertz)
	}
}

func FuzzDecoder(f *testing.F) {
	f.Add([]byte{0, 0xFF, 0x80, 0x7F})
	f.Fuzz(func(t *testing.T, data []byte) {
		d, e := g722.NewDecoder(), g722.NewEncoder()
		out := d.Append(nil, data)
		require.Len(t, out, 2*len(data))
		require.Len(t, e.Append(nil, out), len(data))
	})
}

func BenchmarkFrame(b *testing.B) {
	in := sound()[2000:2320]
	b.Run("encode", func(b *testing.B) {
		e, out := g722.NewEncoder(), make([]byte, 0, 160)
		b.ReportAllocs()
		for b.Loop() {
			out = e.Append(out[:0], in)
		}
	})
	b.Run("decode", func(b *testing.B) {
		coded := g722.NewEncoder().Append(nil, in)
		d, out := g722.NewDecoder(), make([]int16, 0, 320)
		b.ReportAllocs()
		for b.Loop() {
			out = d.Append(out[:0], coded)
		}
	})
}
