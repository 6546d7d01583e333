package call

import (
	"context"
	"fmt"
	"sync"
	"sync/atomic"
	"time"

	"github.com/va-gateway/terraform-provider-va/gateway/internal/audio"
)

const (
	// heldFrames is how much caller audio waits for an engine that is being
	// opened.
	heldFrames = 50
	// A platform that stops sending while the caller is silent would leave a
	// turn open for ever: after quietAfter without audio the engine hears
	// quietFill of silence, once.
	quietAfter = 750 * time.Millisecond
	quietFill  = time.Second
	// maxPiece is the most audio transcoded at once, so that the scratch
	// buffers stay small whatever a leg or an engine hands over.
	maxPiece = 4 << 10
)

// upstream takes what comes from the platform: audio to the engine, the rest
// to the owner. Its goroutine does that; the owner adds silence, so mu guards
// everything below it.
type upstream struct {
	leg     Leg
	format  audio.Format      // of the leg
	ears    *audio.Transcoder // nil if no engine can hear this leg
	frame   int               // bytes of 20 ms in the engine's format
	inputs  chan<- input
	observe Observer
	target  atomic.Pointer[target]

	mu      sync.Mutex
	heard   time.Time // when audio came last
	quieted bool      // quietFill was added since
	lent    int       // bytes of it, until the leg says what was missing
	partial []byte
	held    []byte // ring of heldFrames frames
	first   int    // index of its oldest frame
	waiting int    // frames in it

	framesIn, dropped int64
	filled            time.Duration
}

// target says where caller audio goes: to a conversation, or nowhere if that
// is nil. Without a target the newest second of audio is held.
type target struct{ conv Conversation }

// input is an Input with the moment it came.
type input struct {
	Input
	at time.Time
}

func newUpstream(leg Leg, ears *audio.Transcoder, in audio.Format, inputs chan<- input, o Observer) *upstream {
	u := &upstream{leg: leg, format: leg.Format(), ears: ears, inputs: inputs, observe: o, heard: time.Now()}
	if ears != nil {
		u.frame = in.FrameBytes()
		u.held = make([]byte, heldFrames*u.frame)
	}
	return u
}

// run reads the leg until the call is hung up, the leg fails or the context
// ends.
func (u *upstream) run(ctx context.Context) error {
	for {
		in, err := u.leg.Next()
		if err != nil {
			return fmt.Errorf("read from the caller: %w", err)
		}
		switch in.Kind {
		case InputFill:
			u.fill(in.Data)
		case InputAudio:
			u.hear(time.Now(), in.Data)
		default:
			in.Data = nil
			select {
			case u.inputs <- input{in, time.Now()}:
			case <-ctx.Done():
				return nil
			}
			if in.Kind == InputHangup {
				return nil
			}
		}
	}
}

func (u *upstream) hear(now time.Time, data []byte) {
	u.mu.Lock()
	defer u.mu.Unlock()
	u.heard, u.quieted, u.lent = now, false, 0
	u.audio(data)
}

// fill adds silence that the leg found missing, less what was added already.
func (u *upstream) fill(data []byte) {
	u.mu.Lock()
	defer u.mu.Unlock()
	known := min(u.lent, len(data))
	u.lent -= known
	u.silence(data[known:])
}

// quiet adds silence if no audio came for a while, and gives the moment at
// which to ask again.
func (u *upstream) quiet(now time.Time) time.Time {
	u.mu.Lock()
	defer u.mu.Unlock()
	if due := u.heard.Add(quietAfter); now.Before(due) {
		return due
	}
	if !u.quieted {
		silence := make([]byte, u.format.Bytes(quietFill))
		u.format.Silence(silence)
		u.quieted, u.lent = true, len(silence)
		u.silence(silence)
	}
	return now.Add(quietAfter)
}

func (u *upstream) silence(data []byte) {
	u.filled += u.format.Duration(len(data))
	u.audio(data)
}

// audio transcodes caller audio and passes it on in frames.
func (u *upstream) audio(data []byte) {
	if u.ears == nil {
		return
	}
	for len(data) > 0 {
		n := min(len(data), maxPiece)
		u.partial = u.ears.Append(u.partial, data[:n])
		data = data[n:]
		whole := len(u.partial) / u.frame * u.frame
		for at := 0; at < whole; at += u.frame {
			u.pass(u.partial[at : at+u.frame])
		}
		u.partial = u.partial[:copy(u.partial, u.partial[whole:])]
	}
}

func (u *upstream) pass(frame []byte) {
	u.framesIn++
	t := u.target.Load()
	switch {
	case t == nil:
		u.hold(frame)
		return
	case t.conv == nil:
		return
	}
	for ; u.waiting > 0; u.waiting-- {
		u.write(t.conv, u.held[u.first*u.frame:][:u.frame])
		u.first = (u.first + 1) % heldFrames
	}
	u.write(t.conv, frame)
}

func (u *upstream) write(c Conversation, frame []byte) {
	if err := c.Write(frame); err != nil {
		u.drop()
	}
}

// hold keeps a frame for the next conversation, at the expense of the oldest.
func (u *upstream) hold(frame []byte) {
	if u.waiting == heldFrames {
		u.first = (u.first + 1) % heldFrames
		u.waiting--
		u.drop()
	}
	copy(u.held[(u.first+u.waiting)%heldFrames*u.frame:], frame)
	u.waiting++
}

func (u *upstream) drop() {
	u.dropped++
	u.observe.FramesDropped(1)
}
