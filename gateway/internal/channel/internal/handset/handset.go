package handset

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"strings"
	"sync"

	"github.com/va-gateway/terraform-provider-va/gateway/internal/audio"
	"github.com/va-gateway/terraform-provider-va/gateway/internal/channel"
)

const (
	speechAhead = 25  // frames Send may run ahead before it blocks
	heardBehind = 250 // frames Heard may lie unread before the call is given up
)

// Errors of a line.
var (
	// ErrOver says that the call has ended.
	ErrOver = errors.New("the call is over")
	// ErrUnread ends a call whose Heard nobody reads.
	ErrUnread = errors.New("nobody listens to what the caller hears")
)

// Handset implements channel.Line but for its ProviderCallID. One goroutine, the
// platform's owner of the call, has the other side.
type Handset struct {
	format  audio.Format
	silence []byte // a frame

	speech chan []byte
	keys   chan byte
	heard  chan channel.Heard

	hangup     chan struct{} // closed by Hangup
	hangupOnce sync.Once
	cancel     context.CancelFunc
	over       chan struct{} // closed when the media have ended
	done       chan struct{} // closed when everything has ended

	end channel.LineEnd // read after done
	err error           // read after done
}

// New makes a handset; Run starts the call.
func New(f audio.Format) *Handset {
	h := &Handset{
		format: f, silence: make([]byte, f.FrameBytes()),
		speech: make(chan []byte, speechAhead), keys: make(chan byte),
		heard:  make(chan channel.Heard, heardBehind),
		hangup: make(chan struct{}), over: make(chan struct{}), done: make(chan struct{}),
	}
	f.Silence(h.silence)
	return h
}

// Format implements channel.Line.
func (h *Handset) Format() audio.Format { return h.format }

// Send implements channel.Line. It blocks when it is half a second ahead.
func (h *Handset) Send(frame []byte) error {
	if len(frame) != len(h.silence) {
		return fmt.Errorf("a frame has %d bytes, not %d", len(h.silence), len(frame))
	}
	select {
	case <-h.over: // select would choose at random while there is room
		return ErrOver
	default:
	}
	select {
	case h.speech <- bytes.Clone(frame):
		return nil
	case <-h.over:
		return ErrOver
	}
}

// Press implements channel.Line.
func (h *Handset) Press(digit byte) error {
	if !strings.ContainsRune("0123456789*#ABCD", rune(digit)) {
		return fmt.Errorf("%q is not a key of a telephone", digit)
	}
	select {
	case h.keys <- digit:
		return nil
	case <-h.over:
		return ErrOver
	}
}

// Heard implements channel.Line.
func (h *Handset) Heard() <-chan channel.Heard { return h.heard }

// Hangup implements channel.Line.
func (h *Handset) Hangup() { h.hangupOnce.Do(func() { close(h.hangup) }) }

// Wait implements channel.Line. Cancelling ctx ends the call.
func (h *Handset) Wait(ctx context.Context) (channel.LineEnd, error) {
	select {
	case <-h.done:
		return h.end, h.err
	case <-ctx.Done():
		h.cancel()
		<-h.done
		return h.end, errors.Join(context.Cause(ctx), h.err)
	}
}

// Run starts the owner, which calls Over when the media have ended and answers
// how the call did.
func (h *Handset) Run(ctx context.Context, own func(context.Context) (channel.LineEnd, error)) {
	ctx, h.cancel = context.WithCancel(ctx)
	var owner sync.WaitGroup // never waited for: done says the same to everyone
	owner.Go(func() {
		defer close(h.done)
		defer h.cancel()
		h.end, h.err = own(ctx)
	})
}

// Over is called once by the owner.
func (h *Handset) Over() {
	close(h.over)
	close(h.heard)
}

// Play lets the caller hear a frame. Errors: ErrUnread.
func (h *Handset) Play(heard channel.Heard) error {
	select {
	case h.heard <- heard:
		return nil
	default:
		return ErrUnread
	}
}

// Said is the next frame of the caller, silence if nothing is said. It must not
// be changed.
func (h *Handset) Said() []byte {
	select {
	case frame := <-h.speech:
		return frame
	default:
		return h.silence
	}
}

// Pressed delivers the keys.
func (h *Handset) Pressed() <-chan byte { return h.keys }

// HungUp is closed when the caller hangs up.
func (h *Handset) HungUp() <-chan struct{} { return h.hangup }
