package audio_test

import (
	"testing"

	"github.com/stretchr/testify/require"
	"pgregory.net/rapid"

	"github.com/va-gateway/terraform-provider-va/gateway/internal/audio"
)

var (
	linear24k = audio.Format{Codec: audio.L16, Rate: 24000}
	formats   = []audio.Format{audio.Mulaw8k, audio.Alaw8k, audio.Linear8k, audio.Linear16k, linear24k}
)

func transcoder(t testing.TB, from, to audio.Format) *audio.Transcoder {
	tr, err := audio.NewTranscoder(from, to)
	require.NoError(t, err)
	return tr
}

func TestTranscoderRoundTrip(t *testing.T) {
	t.Parallel()
	in := audio.PCMU.AppendEncode(nil, tone(8000, 440, 0.5, 8000))
	up, down := transcoder(t, audio.Mulaw8k, audio.Linear16k), transcoder(t, audio.Linear16k, audio.Mulaw8k)
	var out []byte
	for frame := range len(in) / 160 {
		middle := up.Append(nil, in[frame*160:][:160])
		require.Len(t, middle, audio.Linear16k.FrameBytes())
		out = down.Append(out, middle)
		require.Len(t, out, (frame+1)*160)
	}
	amplitude, _, rest := fit(audio.PCMU.AppendDecode(nil, out[800:7200]), 8000, 440)
	require.InDelta(t, 0.5*32767, amplitude, 100)
	require.LessOrEqual(t, db(rest/amplitude), -35.0, "as good as the µ-law itself, twice")
}

func TestTranscoderCopiesEqualFormats(t *testing.T) {
	t.Parallel()
	every := make([]byte, 255)
	for i := range every {
		every[i] = byte(i)
	}
	for _, f := range formats {
		tr := transcoder(t, f, f)
		require.Equal(t, every, tr.Append(nil, every), f)
		require.Empty(t, tr.Flush(nil), f)
		require.Zero(t, tr.Delay(), f)
	}
}

func TestTranscoderOneRate(t *testing.T) {
	t.Parallel()
	codes := make([]byte, 256)
	for i := range codes {
		codes[i] = byte(i)
	}
	want := audio.PCMA.AppendEncode(nil, audio.PCMU.AppendDecode(nil, codes))
	require.Equal(t, want, transcoder(t, audio.Mulaw8k, audio.Alaw8k).Append(nil, codes))
}

func TestTranscoderChunksDoNotMatter(t *testing.T) {
	t.Parallel()
	rapid.Check(t, func(rt *rapid.T) {
		from := rapid.SampledFrom(formats).Draw(rt, "from")
		to := rapid.SampledFrom(formats).Draw(rt, "to")
		in := rapid.SliceOfN(rapid.Byte(), 0, 1200).Draw(rt, "in")
		tr := transcoder(t, from, to)
		whole := tr.Flush(tr.Append(nil, in))
		var chunked []byte
		for rest := in; len(rest) > 0; {
			n := rapid.IntRange(1, len(rest)).Draw(rt, "chunk")
			chunked = tr.Append(chunked, rest[:n])
			rest = rest[n:]
		}
		require.Equal(rt, whole, tr.Flush(chunked))
	})
}

func TestTranscoderReset(t *testing.T) {
	t.Parallel()
	tr := transcoder(t, linear24k, audio.Mulaw8k)
	tr.Append(nil, audio.L16.AppendEncode(nil, noise(1, -6, 480)))
	tr.Append(nil, []byte{1})
	tr.Reset()
	silence := make([]byte, audio.Mulaw8k.FrameBytes())
	audio.Mulaw8k.Silence(silence)
	require.Equal(t, silence, tr.Append(nil, make([]byte, linear24k.FrameBytes())))
}

func TestTranscoderRefusesFormats(t *testing.T) {
	t.Parallel()
	for _, tt := range []struct {
		name string
		bad  audio.Format
		err  string
	}{
		{"zero", audio.Format{}, "codec 0 is not supported"},
		{"codec", audio.Format{Codec: 9, Rate: 8000}, "codec 9 is not supported"},
		{"rate", audio.Format{Codec: audio.L16, Rate: 9000}, "sampling rate 9000 Hz is not supported"},
	} {
		t.Run(tt.name, func(t *testing.T) {
			t.Parallel()
			_, err := audio.NewTranscoder(tt.bad, audio.Mulaw8k)
			require.ErrorContains(t, err, tt.err)
			_, err = audio.NewTranscoder(audio.Mulaw8k, tt.bad)
			require.ErrorContains(t, err, tt.err)
		})
	}
}

func TestTranscoderDoesNotAllocate(t *testing.T) {
	up, down := transcoder(t, audio.Mulaw8k, audio.Linear16k), transcoder(t, audio.Linear16k, audio.Mulaw8k)
	frame := audio.PCMU.AppendEncode(nil, tone(8000, 440, 0.5, 160))
	middle, out := make([]byte, 0, 640), make([]byte, 0, 160)
	require.Zero(t, testing.AllocsPerRun(100, func() {
		middle = up.Append(middle[:0], frame)
		out = down.Append(out[:0], middle)
	}))
}

func BenchmarkTranscoder(b *testing.B) {
	for _, tt := range []struct {
		name string
		path []audio.Format
	}{
		{"mulaw8k-l16k-mulaw8k", []audio.Format{audio.Mulaw8k, audio.Linear16k, audio.Mulaw8k}},
		{"mulaw8k-l24k-mulaw8k", []audio.Format{audio.Mulaw8k, linear24k, audio.Mulaw8k}},
		{"mulaw8k-alaw8k-mulaw8k", []audio.Format{audio.Mulaw8k, audio.Alaw8k, audio.Mulaw8k}},
		{"mulaw8k-mulaw8k-mulaw8k", []audio.Format{audio.Mulaw8k, audio.Mulaw8k, audio.Mulaw8k}},
	} {
		b.Run(tt.name, func(b *testing.B) {
			there, back := transcoder(b, tt.path[0], tt.path[1]), transcoder(b, tt.path[1], tt.path[2])
			frame := audio.PCMU.AppendEncode(nil, tone(8000, 440, 0.5, 160))
			middle, out := make([]byte, 0, tt.path[1].FrameBytes()), make([]byte, 0, 160)
			b.ReportAllocs()
			for b.Loop() {
				middle = there.Append(middle[:0], frame)
				out = back.Append(out[:0], middle)
			}
		})
	}
}
