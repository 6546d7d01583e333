package scripted

import (
	"time"

	"github.com/va-gateway/terraform-provider-va/gateway/internal/audio"
	"github.com/va-gateway/terraform-provider-va/gateway/internal/call"
	"github.com/va-gateway/terraform-provider-va/gateway/internal/speech"
)

const (
	frameSamples = speech.Rate / 50
	// margin is kept before and after the speech of a turn: weak consonants
	// are below the detector's threshold.
	margin = 200 * time.Millisecond
	// kept is what is remembered while nobody speaks: the most speech that may
	// be needed to count as an interruption, and the margin.
	kept = 2500 * time.Millisecond
)

// ear finds the caller's turns and keeps their audio.
type ear struct {
	vad     *audio.VAD
	samples []int16       // the last that were heard
	from    time.Duration // time of samples[0], counted from the first frame
	frame   [frameSamples]int16
}

func newEar(t call.Turn) *ear {
	return &ear{vad: audio.NewVAD(speech.Rate, audio.VADConfig{
		Silence: t.Silence,
		// Zero would be the detector's default; any positive value is at
		// least one frame.
		MinInterrupt: max(t.MinInterrupt, 1),
	})}
}

// hear takes one frame of linear audio at 16 kHz.
func (e *ear) hear(frame []byte) audio.VADEvent {
	samples := audio.L16.AppendDecode(e.frame[:0], frame)
	if !e.vad.Speaking() && duration(len(e.samples)) >= 2*kept {
		e.forget(duration(len(e.samples)) - kept)
	}
	e.samples = append(e.samples, samples...)
	if longest := speech.MaxUtterance + kept; duration(len(e.samples)) > longest {
		e.forget(kept)
	}
	return e.vad.Frame(samples)
}

func (e *ear) forget(d time.Duration) {
	n := int(d * speech.Rate / time.Second)
	e.samples = e.samples[:copy(e.samples, e.samples[n:])]
	e.from += duration(n)
}

// turn takes out the audio of the turn that just ended; whole is false if its
// beginning was too long ago to be kept.
func (e *ear) turn(v audio.VADEvent) (s audio.Sound, whole bool) {
	at := func(t time.Duration) int {
		return min(max(int((t-e.from)*speech.Rate/time.Second), 0), len(e.samples))
	}
	s = audio.Sound{
		Rate:    speech.Rate,
		Samples: append([]int16(nil), e.samples[at(v.Start-margin):at(v.Start+v.Speech+margin)]...),
	}
	return s, v.Start >= e.from
}

func duration(samples int) time.Duration { return time.Duration(samples) * time.Second / speech.Rate }
