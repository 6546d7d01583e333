package testcall_test

import (
	"context"
	"sync"
	"time"

	"github.com/va-gateway/terraform-provider-va/gateway/internal/audio"
	"github.com/va-gateway/terraform-provider-va/gateway/internal/channel"
)

// fakeLine is a platform and an assistant in one, as fast as the caller reads:
// the frames it gives are its clock.
type fakeLine struct {
	greeting string
	key      func(l *fakeLine, key byte)      // a key was pressed
	frame    func(l *fakeLine, frame []byte)  // the caller said 20 ms
	at       time.Duration                    // of the frame to come
	heard    chan channel.Heard               // unbuffered
	end      channel.LineEnd                  // what Wait gives
	err      error                            // what Wait gives
	dialled  func(channel.Placement) error    // may refuse
	idle     func(ctx context.Context, n int) // before each frame

	mu      sync.Mutex
	queue   []byte // to be heard
	said    [][]byte
	cleared bool
	over    bool
	done    chan struct{}
}

// Dial makes the line its own dialer.
func (l *fakeLine) Dial(ctx context.Context, p channel.Placement) (channel.Line, error) {
	if l.dialled != nil {
		if err := l.dialled(p); err != nil {
			return nil, err
		}
	}
	l.heard, l.done = make(chan channel.Heard), make(chan struct{})
	if l.greeting != "" {
		l.say(0, l.greeting)
	}
	go func() {
		defer close(l.done)
		defer close(l.heard)
		for n := 0; l.next(ctx, n); n++ {
		}
	}()
	return l, nil
}

func (l *fakeLine) next(ctx context.Context, n int) bool {
	if l.idle != nil {
		l.idle(ctx, n)
	}
	l.mu.Lock()
	h := channel.Heard{Frame: make([]byte, 160), At: l.at, Cleared: l.cleared}
	over := l.over && (!l.end.ByGateway || len(l.queue) == 0) || ctx.Err() != nil
	audio.Mulaw8k.Silence(h.Frame[copy(h.Frame, l.queue):])
	l.queue = l.queue[min(160, len(l.queue)):]
	l.cleared = false
	if len(l.said) > 0 {
		if l.frame != nil {
			l.frame(l, l.said[0])
		}
		l.said = l.said[1:]
	}
	l.at += audio.FrameDuration
	l.mu.Unlock()
	if !over {
		l.heard <- h
	}
	return !over
}

// say queues a text after a silence; the caller holds l.mu or no one else runs.
func (l *fakeLine) say(after time.Duration, text string) {
	silence := make([]byte, audio.Mulaw8k.Bytes(after))
	audio.Mulaw8k.Silence(silence)
	sound, _ := voice(context.Background(), text)
	data, _ := sound.Encode(audio.Mulaw8k)
	l.queue = append(append(l.queue, silence...), data...)
}

func (l *fakeLine) clear() { l.queue, l.cleared = nil, true }

func (l *fakeLine) ends(next string) {
	l.over, l.end = true, channel.LineEnd{ByGateway: true, Next: next, Target: "+14155550123"}
}

// The methods of channel.Line.

func (*fakeLine) ProviderCallID() string        { return "CA1" }
func (*fakeLine) Format() audio.Format          { return audio.Mulaw8k }
func (l *fakeLine) Heard() <-chan channel.Heard { return l.heard }

func (l *fakeLine) Send(frame []byte) error {
	l.mu.Lock()
	defer l.mu.Unlock()
	l.said = append(l.said, frame)
	return nil
}

func (l *fakeLine) Press(key byte) error {
	l.mu.Lock()
	defer l.mu.Unlock()
	if l.key != nil {
		l.key(l, key)
	}
	return nil
}

func (l *fakeLine) Hangup() {
	l.mu.Lock()
	defer l.mu.Unlock()
	l.over = true
}

func (l *fakeLine) Wait(ctx context.Context) (channel.LineEnd, error) {
	<-l.done
	return l.end, l.err
}
