package testcall_test

import (
	"context"
	"errors"
	"math/rand/v2"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/va-gateway/terraform-provider-va/gateway/api"
	"github.com/va-gateway/terraform-provider-va/gateway/internal/audio"
	"github.com/va-gateway/terraform-provider-va/gateway/internal/testcall"
)

const (
	first  = "Hello, this is the voice assistant."
	second = "Please hold the line."
	third  = "I am connecting you now."
)

// recording is what a caller hears: sentences with pauses, through a telephone.
func recording(t *testing.T, sentences ...string) audio.Sound {
	t.Helper()
	heard := audio.Sound{Rate: 8000}
	for _, s := range sentences {
		sound, err := voice(t.Context(), s)
		require.NoError(t, err)
		heard.Samples = append(append(heard.Samples, make([]int16, 4000)...), sound.Samples...)
	}
	data, err := heard.Encode(audio.Mulaw8k)
	require.NoError(t, err)
	return audio.DecodeSound(audio.Mulaw8k, data)
}

// recorded is a call in which the assistant says three sentences.
func recorded() api.Call {
	return api.Call{Turns: []api.Turned{
		{Role: "assistant", Text: first, HeardMS: new(int64(1900))},
		{Role: "caller", Text: "[key]", AtMS: 3000},
		{Role: "assistant", Text: second, AtMS: 3200},
		{Role: "assistant", Text: "[echo]", AtMS: 4000},
		{Role: "assistant", Text: third, AtMS: 4500},
	}}
}

func TestVerifyFindsEverySentence(t *testing.T) {
	t.Parallel()
	heard := recording(t, first, second, third)
	lines, err := testcall.Verify(t.Context(), heard, recorded(), only(voice))
	require.NoError(t, err)
	require.Len(t, lines, 5)
	require.InDelta(t, 500, *lines[0].FoundMS, 5)
	for _, i := range []int{0, 2, 4} {
		require.Greater(t, *lines[i].Score, 0.99)
	}
	require.Less(t, *lines[0].FoundMS, *lines[2].FoundMS)
	require.Less(t, *lines[2].FoundMS, *lines[4].FoundMS)
	require.Nil(t, lines[1].Score)
	require.Nil(t, lines[3].Score)
}

// TestVerifyRefusesDoctoredRecordings is why a score can be believed.
func TestVerifyRefusesDoctoredRecordings(t *testing.T) {
	t.Parallel()
	silent := func(h audio.Sound) audio.Sound {
		clear(h.Samples)
		return h
	}
	whole := func(h audio.Sound) audio.Sound { return h }
	cases := []struct {
		name   string
		said   []string
		doctor func(audio.Sound) audio.Sound
		lost   []string
	}{
		{"silent", []string{first, second, third}, silent, []string{first, second, third}},
		{"empty", nil, whole, []string{first, second, third}},
		{"first missing", []string{second, third}, whole, []string{first}},
		{"middle missing", []string{first, third}, whole, []string{second}},
		{"last missing", []string{first, second}, whole, []string{third}},
		{"swapped", []string{first, third, second}, whole, []string{third}},
		{"swapped at the start", []string{second, first, third}, whole, []string{second}},
		{"another sentence", []string{first, "Please call again later.", third}, whole, []string{second}},
		{"half", []string{first, second, third}, func(h audio.Sound) audio.Sound {
			h.Samples = h.Samples[:len(h.Samples)-6000]
			return h
		}, []string{third}},
		{"torn", []string{first, second, third}, func(h audio.Sound) audio.Sound {
			from := 4000 + 800 + 8000 // 1 s into the first sentence
			h.Samples = append(append(h.Samples[:from:from], make([]int16, 1600)...), h.Samples[from:]...)
			return h
		}, []string{first}},
		{"noise", []string{first, second, third}, func(h audio.Sound) audio.Sound {
			random := rand.New(rand.NewPCG(1, 2)) // the same noise every time
			for i := range h.Samples {
				h.Samples[i] += int16(3000 * random.NormFloat64())
			}
			return h
		}, []string{first, second, third}},
	}
	for _, c := range cases {
		t.Run(c.name, func(t *testing.T) {
			t.Parallel()
			lines, err := testcall.Verify(t.Context(), c.doctor(recording(t, c.said...)), recorded(), only(voice))
			require.Error(t, err)
			require.Len(t, lines, 5)
			for _, l := range lines {
				lost := false
				for _, text := range c.lost {
					lost = lost || l.Text == text
				}
				if l.Role != "assistant" || l.Text == "[echo]" {
					continue
				}
				if lost {
					require.ErrorContains(t, err, `"`+l.Text+`" was not heard`)
					require.Nil(t, l.FoundMS)
				} else {
					require.GreaterOrEqual(t, *l.Score, testcall.MinScore, l.Text)
				}
			}
		})
	}
}

func TestVerifyOfInterruptedSentences(t *testing.T) {
	t.Parallel()
	whole := recording(t, first)
	cases := []struct {
		name    string
		heard   time.Duration // what the record claims
		really  time.Duration // what there is
		outcome string        // of the call; "" means the sentence was interrupted
		compare bool
		ok      bool
	}{
		{name: "as recorded", heard: time.Second, really: time.Second, compare: true, ok: true},
		{name: "less than recorded", heard: 1500 * time.Millisecond, really: time.Second, compare: true},
		{name: "within a mark", heard: 1100 * time.Millisecond, really: time.Second, compare: true, ok: true},
		{name: "hardly begun", heard: 300 * time.Millisecond, really: 300 * time.Millisecond, ok: true},
		{name: "hung up", heard: time.Second, really: time.Second, outcome: "caller_hangup", compare: true, ok: true},
		{name: "neither", heard: time.Second, really: time.Second, outcome: "resolved", compare: true},
	}
	for _, c := range cases {
		t.Run(c.name, func(t *testing.T) {
			t.Parallel()
			heard := audio.Sound{Rate: 8000, Samples: make([]int16, 4*8000)}
			copy(heard.Samples, whole.Samples[:4000+audio.Linear8k.Bytes(c.really)/2])
			turn := api.Turned{
				Role: "assistant", Text: first, HeardMS: new(c.heard.Milliseconds()), Interrupted: c.outcome == "",
			}
			record := api.Call{Turns: []api.Turned{turn}, Outcome: c.outcome}
			lines, err := testcall.Verify(t.Context(), heard, record, only(voice))
			require.Equal(t, c.ok, err == nil, "%v", err)
			require.Equal(t, c.compare, lines[0].Score != nil)
		})
	}
}

func TestVerifyFindsARepeatedSentence(t *testing.T) {
	t.Parallel()
	heard := recording(t, first, second, first, first)
	random := rand.New(rand.NewPCG(1, 2)) // the same noise every time
	for i := range len(heard.Samples) / 3 {
		heard.Samples[i] += int16(100 * random.NormFloat64()) // so that the first one fits worst
	}
	record := api.Call{}
	for _, text := range []string{first, second, first, first} {
		record.Turns = append(record.Turns, api.Turned{Role: "assistant", Text: text})
	}
	lines, err := testcall.Verify(t.Context(), heard, record, only(voice))
	require.NoError(t, err)
	require.InDelta(t, 500, *lines[0].FoundMS, 5)
	require.Less(t, *lines[0].Score, *lines[2].Score)
	for i := range lines[1:] {
		require.Less(t, *lines[i].FoundMS, *lines[i+1].FoundMS)
	}

	record.Turns = append(record.Turns, record.Turns[0])
	_, err = testcall.Verify(t.Context(), heard, record, only(voice))
	require.ErrorContains(t, err, "was not heard", "once more than it was said")
}

func TestVerifyNeedsAVoice(t *testing.T) {
	t.Parallel()
	mute := func(context.Context, string) (audio.Sound, error) { return audio.Sound{}, errors.New("hoarse") }
	_, err := testcall.Verify(t.Context(), recording(t, first), recorded(), only(mute))
	require.ErrorContains(t, err, "hoarse")
	silence := func(context.Context, string) (audio.Sound, error) {
		return audio.Sound{Rate: 8000, Samples: make([]int16, 8000)}, nil
	}
	_, err = testcall.Verify(t.Context(), recording(t, first), recorded(), only(silence))
	require.ErrorIs(t, err, audio.ErrPrompt)
}
