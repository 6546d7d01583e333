package ear

import (
	"time"

	"github.com/va-gateway/terraform-provider-va/gateway/internal/audio"
	"github.com/va-gateway/terraform-provider-va/gateway/internal/call"
)

const (
	// margin is kept before and after the speech of a turn: weak consonants
	// are below the detector's threshold.
	margin = 200 * time.Millisecond
	// kept is what is remembered while nobody speaks: the most speech that may
	// be needed to count as an interruption, and the margin.
	kept = 2500 * time.Millisecond
)

// Ear finds the caller's turns and keeps their audio. It is used by one
// goroutine.
type Ear struct {
	vad     *audio.VAD
	format  audio.Format
	longest time.Duration
	samples []int16       // the last that were heard
	from    time.Duration // time of samples[0], counted from the first frame
	frame   []int16
}

// New makes an ear for a format. longest is the most of a turn that is kept; 0
// keeps nothing.
func New(f audio.Format, t call.Turn, longest time.Duration) *Ear {
	return &Ear{
		format: f, longest: longest, frame: make([]int16, f.Rate/50),
		vad: audio.NewVAD(f.Rate, audio.VADConfig{
			Silence: t.Silence,
			// Zero would be the detector's default; any positive value is at
			// least one frame.
			MinInterrupt: max(t.MinInterrupt, 1),
		}),
	}
}

// Hear takes one frame of 20 ms.
func (e *Ear) Hear(frame []byte) audio.VADEvent {
	samples := e.format.Codec.AppendDecode(e.frame[:0], frame)
	if e.longest > 0 {
		e.keep(samples)
	}
	return e.vad.Frame(samples)
}

// Speaking says whether the caller is speaking.
func (e *Ear) Speaking() bool { return e.vad.Speaking() }

// SetPlaying is audio.VAD.SetPlaying.
func (e *Ear) SetPlaying(level float64) { e.vad.SetPlaying(level) }

func (e *Ear) keep(samples []int16) {
	if !e.vad.Speaking() && e.duration(len(e.samples)) >= 2*kept {
		e.forget(e.duration(len(e.samples)) - kept)
	}
	e.samples = append(e.samples, samples...)
	if e.duration(len(e.samples)) > e.longest+kept {
		e.forget(kept)
	}
}

func (e *Ear) forget(d time.Duration) {
	n := int(d * time.Duration(e.format.Rate) / time.Second)
	e.samples = e.samples[:copy(e.samples, e.samples[n:])]
	e.from += e.duration(n)
}

// Turn gives the audio of the turn that v says has just ended; whole is false
// if its beginning was too long ago to be kept.
func (e *Ear) Turn(v audio.VADEvent) (s audio.Sound, whole bool) {
	at := func(t time.Duration) int {
		return min(max(int((t-e.from)*time.Duration(e.format.Rate)/time.Second), 0), len(e.samples))
	}
	s = audio.Sound{
		Rate:    e.format.Rate,
		Samples: append([]int16(nil), e.samples[at(v.Start-margin):at(v.Start+v.Speech+margin)]...),
	}
	return s, v.Start >= e.from
}

func (e *Ear) duration(samples int) time.Duration {
	return time.Duration(samples) * time.Second / time.Duration(e.format.Rate)
}
