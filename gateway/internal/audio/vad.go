package audio

import (
	"math"
	"time"
)

// VADConfig sets a VAD. A field that is zero takes its default.
type VADConfig struct {
	// Silence is the pause that ends a turn; 500 ms.
	Silence time.Duration
	// MinSpeech is how much speech counts while nothing is played; 100 ms.
	MinSpeech time.Duration
	// MinInterrupt is how much speech counts while something is played; 200 ms.
	MinInterrupt time.Duration
	// Margin is how far a voice is above the noise floor; 8 dB.
	Margin float64
	// MinLevel is the level below which nothing is a voice; -50 dBFS.
	MinLevel float64
	// EchoLoss is how much weaker an echo is than what is played, at least;
	// 12 dB. A voice must be stronger than the echo.
	EchoLoss float64
}

// VADChange says what a frame changed.
type VADChange uint8

// Changes. Zero is none.
const (
	SpeechStarted VADChange = iota + 1
	SpeechStopped
)

// VADEvent is what a VAD says of a frame.
type VADEvent struct {
	Change VADChange
	// Start is when the speech began, counted from the first frame.
	Start time.Duration
	// Speech is how long it has lasted, without the pause that ended it.
	Speech time.Duration
}

const (
	// hysteresis is how much weaker than the margin, in dB, speech that has
	// started may become.
	hysteresis = 3
	// liveliness is how much, in dB, the level of speech varies at least.
	// Tones and noise that set in are steadier.
	liveliness = 3
	// echoDecay is how fast the gate against echo opens, in dB a frame: 20 dB
	// a second. Networks and telephones return echo up to 300 ms late.
	echoDecay = 0.4
	// echoTail is how long, after something was played, speech still counts as
	// an interruption.
	echoTail = 300 * time.Millisecond
	// humCutoff is the frequency, in hertz, below which mains hum and a
	// constant offset are no part of the level.
	humCutoff = 80
)

// VAD detects when a caller speaks from the energy of the audio. It knows
// three things that sound and are not the caller: a floor of noise, which it
// learns; steady sounds; and the echo of what is played. It cannot tell a
// voice from other lively sounds, such as music or other people. The same
// input gives the same events. A VAD is used by one goroutine.
type VAD struct {
	config VADConfig
	pole   float64 // of the high-pass filter
	x, y   float64 // its state

	floor   noiseFloor
	playing float64 // as set
	echo    float64 // playing, dying away
	tail    int     // frames left in which speech is an interruption

	frame    int     // count
	speaking bool    // between the two events
	start    int     // first frame of speech, or of what may become speech
	end      int     // after the last loud frame
	evidence int     // two for a loud frame, less one for each quiet one since
	run      int     // loud frames on end
	last     float64 // level of the frame before
	low      float64 // levels since start, the edges of runs left out
	high     float64
}

// NewVAD makes a VAD for audio of a rate in hertz.
func NewVAD(rate int, c VADConfig) *VAD {
	c.Silence = orDefault(c.Silence, 500*time.Millisecond)
	c.MinSpeech = orDefault(c.MinSpeech, 100*time.Millisecond)
	c.MinInterrupt = orDefault(c.MinInterrupt, 200*time.Millisecond)
	c.Margin = orDefault(c.Margin, 8)
	c.MinLevel = orDefault(c.MinLevel, -50)
	c.EchoLoss = orDefault(c.EchoLoss, 12)
	v := &VAD{config: c, pole: math.Exp(-2 * math.Pi * humCutoff / float64(rate))}
	v.Reset()
	return v
}

func orDefault[T time.Duration | float64](v, d T) T {
	if v == 0 {
		return d
	}
	return v
}

// Reset forgets everything heard and played.
func (v *VAD) Reset() {
	*v = VAD{config: v.config, pole: v.pole, floor: newNoiseFloor(), playing: Silent, echo: Silent}
}

// SetPlaying tells the level in dBFS of what the caller hears from now on,
// Silent for nothing. Set it for every frame played, or once for a prompt.
func (v *VAD) SetPlaying(level float64) { v.playing = level }

// Speaking says whether the caller is speaking.
func (v *VAD) Speaking() bool { return v.speaking }

// Frame takes the next 20 ms of the caller's audio and says what changed. Time
// is counted in frames, whatever their length.
func (v *VAD) Frame(samples []int16) VADEvent {
	level := v.level(samples)
	v.play()
	v.floor.observe(level)
	loud := level >= v.threshold()
	if loud {
		v.heard()
	} else {
		v.run = 0
		v.evidence = max(v.evidence-1, 0)
	}
	v.last = level
	v.frame++

	switch {
	case v.speaking && v.frame-v.end >= frames(v.config.Silence):
		v.speaking, v.evidence = false, 0
		return v.event(SpeechStopped)
	case !v.speaking && loud && v.evidence >= 2*v.needed() && v.high-v.low >= liveliness:
		v.speaking = true
		return v.event(SpeechStarted)
	}
	return VADEvent{}
}

// play lets what the caller hears, and its echo, go on for a frame.
func (v *VAD) play() {
	v.echo = max(v.playing, v.echo-echoDecay)
	v.tail = max(v.tail-1, 0)
	if v.playing > v.config.MinLevel {
		v.tail = frames(echoTail)
	}
}

// heard notes a loud frame.
func (v *VAD) heard() {
	if !v.speaking && v.evidence == 0 {
		v.start, v.run = v.frame, 0
		v.low, v.high = math.Inf(1), math.Inf(-1)
	}
	v.end = v.frame + 1
	v.run++
	// Quiet frames wear the evidence off, so it must not pile up.
	v.evidence = min(v.evidence+2, 2*frames(max(v.config.MinSpeech, v.config.MinInterrupt)))
	if v.run >= 3 {
		// A frame in which a sound sets in or ends says nothing of how lively
		// the sound is. This one may be the last, so the one before counts.
		v.low, v.high = min(v.low, v.last), max(v.high, v.last)
	}
}

// threshold is the level that a voice must reach now.
func (v *VAD) threshold() float64 {
	margin := v.config.Margin
	if v.speaking {
		margin -= hysteresis
	}
	return max(v.config.MinLevel, v.floor.level()+margin, v.echo-v.config.EchoLoss)
}

// needed is how many loud frames make speech now.
func (v *VAD) needed() int {
	if v.tail > 0 {
		return frames(v.config.MinInterrupt)
	}
	return frames(v.config.MinSpeech)
}

func (v *VAD) event(c VADChange) VADEvent {
	return VADEvent{
		Change: c,
		Start:  time.Duration(v.start) * FrameDuration,
		Speech: time.Duration(v.end-v.start) * FrameDuration,
	}
}

// level is the RMS level of samples in dBFS after a high-pass filter.
func (v *VAD) level(samples []int16) float64 {
	sum := 0.0
	for _, s := range samples {
		x := float64(s)
		v.y = x - v.x + v.pole*v.y
		v.x = x
		sum += v.y * v.y
	}
	if math.Abs(v.y) < 1e-3 {
		v.y = 0 // never decay into denormal numbers, which are slow
	}
	if len(samples) == 0 || sum == 0 {
		return Silent
	}
	return max(Silent, 10*math.Log10(sum/float64(len(samples))/(1<<30)))
}

// frames is how many frames d takes, at least one.
func frames(d time.Duration) int {
	return max(1, int((d+FrameDuration-1)/FrameDuration))
}
