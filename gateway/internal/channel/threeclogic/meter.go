package threeclogic

import "time"

// Limits of what a platform may send.
const (
	maxFrames     = 200             // messages a second
	meterWindow   = 5 * time.Second // over which caller audio is counted
	maxAudio      = 2 * meterWindow // caller audio in it, made-up silence included
	maxExcess     = 30 * time.Second
	maxFrameAudio = time.Second // in one message
	maxUnknown    = 100         // messages of a kind that is not known, in one call
)

// meter counts what comes on a connection. It is used by the goroutine that
// reads.
type meter struct {
	second, window time.Time
	frames         int
	audio          time.Duration
	since, last    time.Time // of the excess
	dropped        int64
}

// frame counts a message; ok is false if it is too much.
func (m *meter) frame(now time.Time) (ok bool) {
	if now.Sub(m.second) >= time.Second {
		m.second, m.frames = now, 0
	}
	m.frames++
	return m.judge(now, m.frames <= maxFrames)
}

// sound counts caller audio; ok is false if it is too much.
func (m *meter) sound(now time.Time, length time.Duration) (ok bool) {
	if now.Sub(m.window) >= meterWindow {
		m.window, m.audio = now, 0
	}
	m.audio += length
	return m.judge(now, m.audio <= maxAudio)
}

func (m *meter) judge(now time.Time, ok bool) bool {
	if ok {
		return true
	}
	m.dropped++
	if now.Sub(m.last) > meterWindow {
		m.since = now
	}
	m.last = now
	return false
}

// flooded reports whether there was too much for too long.
func (m *meter) flooded() bool { return m.last.Sub(m.since) >= maxExcess }

// tooLong is the close reason for a message beyond maxFrameAudio.
const tooLong = "more than a second of audio in a message"
