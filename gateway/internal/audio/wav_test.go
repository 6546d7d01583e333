package audio_test

import (
	"bytes"
	"encoding/binary"
	"errors"
	"io"
	"math"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"testing/iotest"
	"time"

	"github.com/google/go-cmp/cmp"
	"github.com/stretchr/testify/require"

	"github.com/va-gateway/terraform-provider-va/gateway/internal/audio"
)

// speech reads a clip of testdata.
func speech(t testing.TB, name string) audio.Sound {
	f, err := os.Open(filepath.Join("testdata", name+".wav"))
	require.NoError(t, err)
	defer f.Close()
	s, err := audio.ReadWAV(f)
	require.NoError(t, err)
	return s
}

// chunk is one RIFF chunk with its padding.
func chunk(name string, body []byte) []byte {
	b := binary.LittleEndian.AppendUint32([]byte(name), uint32(len(body)))
	b = append(b, body...)
	return append(b, make([]byte, len(body)%2)...)
}

// wavFmt is the body of a fmt chunk without an extension.
func wavFmt(tag, channels, rate, bits int) []byte {
	b := binary.LittleEndian.AppendUint16(nil, uint16(tag))
	b = binary.LittleEndian.AppendUint16(b, uint16(channels))
	b = binary.LittleEndian.AppendUint32(b, uint32(rate))
	b = binary.LittleEndian.AppendUint32(b, uint32(rate*channels*bits/8))
	b = binary.LittleEndian.AppendUint16(b, uint16(channels*bits/8))
	return binary.LittleEndian.AppendUint16(b, uint16(bits))
}

func wav(chunks ...[]byte) []byte {
	return append([]byte("RIFF\x00\x00\x00\x00WAVE"), bytes.Join(chunks, nil)...)
}

func TestReadWAV(t *testing.T) {
	t.Parallel()
	extensible := append(wavFmt(0xFFFE, 1, 48000, 16), 22, 0, 16, 0, 0, 0, 0, 0, 1, 0)
	extensible = append(extensible, "\x00\x00\x00\x00\x10\x00\x80\x00\x00\xaa\x00\x38\x9b\x71"...)
	piped := wav(chunk("fmt ", wavFmt(1, 1, 22050, 16)), []byte("data\x00\xF0\xFF\x7F\x01\x00\x02\x00\x03"))
	for _, tt := range []struct {
		name string
		file []byte
		want audio.Sound
	}{
		{
			"16-bit", wav(chunk("fmt ", wavFmt(1, 1, 8000, 16)), chunk("data", []byte{1, 0, 0xFF, 0xFF})),
			audio.Sound{Rate: 8000, Samples: []int16{1, -1}},
		},
		{
			"8-bit", wav(chunk("fmt ", wavFmt(1, 1, 11025, 8)), chunk("data", []byte{0, 128, 255})),
			audio.Sound{Rate: 11025, Samples: []int16{math.MinInt16, 0, 127 << 8}},
		},
		{
			"mulaw", wav(chunk("fmt ", wavFmt(7, 1, 8000, 8)), chunk("data", []byte{0xFF, 0x80, 0x00})),
			audio.Sound{Rate: 8000, Samples: []int16{0, 32124, -32124}},
		},
		{
			"alaw", wav(chunk("fmt ", wavFmt(6, 1, 8000, 8)), chunk("data", []byte{0xD5, 0x55})),
			audio.Sound{Rate: 8000, Samples: []int16{8, -8}},
		},
		{
			"stereo is mixed, half a pair left out",
			wav(chunk("fmt ", wavFmt(1, 2, 16000, 16)), chunk("data", []byte{10, 0, 20, 0, 0, 0x80, 0, 0x80, 7, 0})),
			audio.Sound{Rate: 16000, Samples: []int16{15, math.MinInt16}},
		},
		{
			"extensible", wav(chunk("fmt ", extensible), chunk("data", []byte{1, 0})),
			audio.Sound{Rate: 48000, Samples: []int16{1}},
		},
		{
			"other chunks", wav(chunk("LIST", []byte("odd")), chunk("fmt ", append(wavFmt(7, 1, 8000, 8), 0, 0)),
				chunk("fact", make([]byte, 4)), chunk("data", []byte{0x80}), []byte("trash")),
			audio.Sound{Rate: 8000, Samples: []int16{32124}},
		},
		{"piped", piped, audio.Sound{Rate: 22050, Samples: []int16{1, 2}}},
		{
			"empty", wav(chunk("fmt ", wavFmt(1, 1, 8000, 16)), chunk("data", nil)),
			audio.Sound{Rate: 8000, Samples: []int16{}},
		},
	} {
		t.Run(tt.name, func(t *testing.T) {
			t.Parallel()
			got, err := audio.ReadWAV(bytes.NewReader(tt.file))
			require.NoError(t, err)
			require.Empty(t, cmp.Diff(tt.want, got))
		})
	}
}

func TestReadWAVRefuses(t *testing.T) {
	t.Parallel()
	format := chunk("fmt ", wavFmt(1, 1, 8000, 16))
	for _, tt := range []struct {
		name string
		file []byte
		err  string
	}{
		{"nothing", nil, "unexpected EOF"},
		{"other file", []byte("OggS56789012"), "not a RIFF WAVE file"},
		{"no data", wav(format), "unexpected EOF"},
		{"data first", wav(chunk("data", nil)), "data before format"},
		{"cut short", wav(format, chunk("data", make([]byte, 100)))[:100], "unexpected EOF"},
		{"cut in the format", wav(format)[:30], "unexpected EOF"},
		{"cut elsewhere", wav([]byte("LIST\x09\x00\x00\x00")), "unexpected EOF"},
		{"short format", wav(chunk("fmt ", make([]byte, 14))), "format chunk of 14 bytes"},
		{"float", wav(chunk("fmt ", wavFmt(3, 1, 8000, 32))), "format 3 with 32 bits"},
		{"24-bit", wav(chunk("fmt ", wavFmt(1, 1, 8000, 24))), "format 1 with 24 bits"},
		{"16-bit mulaw", wav(chunk("fmt ", wavFmt(7, 1, 8000, 16))), "format 7 with 16 bits"},
		{"no channels", wav(chunk("fmt ", wavFmt(1, 0, 8000, 16))), "0 channels"},
		{"many channels", wav(chunk("fmt ", wavFmt(1, 9, 8000, 16))), "9 channels"},
		{"slow", wav(chunk("fmt ", wavFmt(1, 1, 999, 16))), "999 Hz"},
		{"fast", wav(chunk("fmt ", wavFmt(1, 1, 192001, 16))), "192001 Hz"},
	} {
		t.Run(tt.name, func(t *testing.T) {
			t.Parallel()
			_, err := audio.ReadWAV(bytes.NewReader(tt.file))
			require.ErrorContains(t, err, "read WAV: ")
			require.ErrorContains(t, err, tt.err)
		})
	}
}

// endless is a stream of silence that never stops.
type endless struct{}

func (endless) Read(b []byte) (int, error) {
	clear(b)
	return len(b), nil
}

func TestReadWAVIsBounded(t *testing.T) {
	t.Parallel()
	head := wav(chunk("fmt ", wavFmt(1, 1, 8000, 16)), []byte("data\x00\xF0\xFF\x7F"))
	_, err := audio.ReadWAV(io.MultiReader(bytes.NewReader(head), endless{}))
	require.ErrorContains(t, err, "more than 33554432 bytes")
	_, err = audio.ReadWAV(io.MultiReader(bytes.NewReader(head), iotest.ErrReader(errBroken)))
	require.ErrorIs(t, err, errBroken)
}

func TestWriteWAV(t *testing.T) {
	t.Parallel()
	want := audio.Sound{Rate: 22050, Samples: noise(1, -10, 441)}
	var file bytes.Buffer
	require.NoError(t, audio.WriteWAV(&file, want))
	require.Equal(t, chunk("RIFF", file.Bytes()[8:]), file.Bytes(), "the size in the header is right")
	got, err := audio.ReadWAV(&file)
	require.NoError(t, err)
	require.Empty(t, cmp.Diff(want, got))

	require.ErrorContains(t, audio.WriteWAV(io.Discard, audio.Sound{}), "0 Hz is not supported")
	large := audio.Sound{Rate: 8000, Samples: make([]int16, audio.MaxWAV/2)}
	require.ErrorContains(t, audio.WriteWAV(io.Discard, large), "more than")
	err = audio.WriteWAV(brokenWriter{}, want)
	require.ErrorIs(t, err, errBroken)
}

var errBroken = errors.New("broken")

type brokenWriter struct{}

func (brokenWriter) Write([]byte) (int, error) { return 0, errBroken }

func TestSound(t *testing.T) {
	t.Parallel()
	s := speech(t, "greeting")
	require.Equal(t, 8000, s.Rate)
	require.InDelta(t, 2.1, s.Duration().Seconds(), 0.1)
	require.Zero(t, audio.Sound{}.Duration())

	up, err := s.Resampled(22050)
	require.NoError(t, err)
	require.InDelta(t, s.Duration(), up.Duration(), float64(time.Millisecond))
	data, err := up.Encode(audio.Mulaw8k)
	require.NoError(t, err)
	back := audio.DecodeSound(audio.Mulaw8k, data)
	require.InDelta(t, len(s.Samples), len(back.Samples), 1)
	var sum float64
	for i, v := range s.Samples {
		sum += math.Pow(float64(v)-float64(back.Samples[i]), 2)
	}
	rest := 10 * math.Log10(sum/float64(len(s.Samples))/(1<<30))
	require.LessOrEqual(t, rest, audio.RMS(s.Samples)-20, "there and back without delay or loss")

	_, err = audio.Sound{Rate: 44, Samples: []int16{1}}.Encode(audio.Mulaw8k)
	require.ErrorContains(t, err, "44 Hz is not supported")
	_, err = s.Encode(audio.Format{})
	require.ErrorContains(t, err, "codec 0")
	_, err = s.Resampled(0)
	require.ErrorContains(t, err, "0 Hz")
}

func FuzzReadWAV(f *testing.F) {
	f.Add([]byte(nil))
	f.Add(wav(chunk("fmt ", wavFmt(1, 2, 8000, 16)), chunk("data", []byte{1, 0, 2, 0})))
	f.Add(wav(chunk("LIST", []byte("odd")), chunk("fmt ", wavFmt(7, 1, 8000, 8)), chunk("data", []byte{0})))
	f.Add([]byte("RIFF" + strings.Repeat("\xFF", 40)))
	f.Fuzz(func(t *testing.T, file []byte) {
		s, err := audio.ReadWAV(bytes.NewReader(file))
		if err != nil {
			require.Zero(t, s)
			return
		}
		var out bytes.Buffer
		require.NoError(t, audio.WriteWAV(&out, s))
		again, err := audio.ReadWAV(&out)
		require.NoError(t, err)
		require.Empty(t, cmp.Diff(s, again))
	})
}
