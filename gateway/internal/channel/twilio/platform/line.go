package platform

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"strings"
	"sync"
	"time"

	"github.com/va-gateway/terraform-provider-va/gateway/internal/audio"
	"github.com/va-gateway/terraform-provider-va/gateway/internal/channel"
	"github.com/va-gateway/terraform-provider-va/gateway/internal/protocol/twiliomedia"
)

// Bounds of a line.
const (
	speechAhead = 25  // frames Send may run ahead before it blocks
	heardBehind = 250 // frames Heard may lie unread before the call is given up
	closeWait   = 5 * time.Second
	// afterCancel bounds the polite end of a call whose context was cancelled.
	afterCancel = 2 * time.Second
)

// Errors of a line.
var (
	// ErrOver says that the call has ended.
	ErrOver = errors.New("the call is over")
	// ErrUnread ends a call whose Heard nobody reads.
	ErrUnread = errors.New("nobody listens to what the caller hears")
)

// line is one placed call. One goroutine owns it and everything without a
// comment; a second one reads the socket, a third tells that the stream began.
// The owner waits for both.
type line struct {
	hooks          *webhooks
	media          *twiliomedia.Platform
	start          twiliomedia.Start
	stream         noun
	action         string // of <Connect>
	statusCallback string
	dialCallStatus string
	silent         time.Duration // see Twilio
	rest           *REST
	told           *document // what REST sent while the media went on
	silence        []byte    // a frame of it

	mu         sync.Mutex
	playout    playout        // guarded by mu
	violations ViolationError // guarded by mu
	cleared    bool           // guarded by mu; to be told with the next frame

	updates chan document // by REST, one at a time

	speech chan []byte
	keys   chan byte
	heard  chan channel.Heard
	gone   chan socketEnd // sent once

	hangup     chan struct{} // closed by Hangup
	hangupOnce sync.Once
	cancel     context.CancelFunc
	over       chan struct{} // closed when the media has ended
	done       chan struct{} // closed when everything has ended

	end channel.LineEnd // read after done
	err error           // read after done
}

var _ channel.Line = (*line)(nil)

// socketEnd is why the socket ended.
type socketEnd struct{ err error }

// ProviderCallID implements channel.Line: the CallSid.
func (l *line) ProviderCallID() string { return l.start.CallSID }

// Format implements channel.Line.
func (l *line) Format() audio.Format { return audio.Mulaw8k }

// Send implements channel.Line. It blocks when it is half a second ahead.
func (l *line) Send(frame []byte) error {
	if len(frame) != audio.Mulaw8k.FrameBytes() {
		return fmt.Errorf("a frame has %d bytes, not %d", audio.Mulaw8k.FrameBytes(), len(frame))
	}
	if l.ended() { // select would choose at random while there is room
		return ErrOver
	}
	select {
	case l.speech <- bytes.Clone(frame):
		return nil
	case <-l.over:
		return ErrOver
	}
}

func (l *line) ended() bool {
	select {
	case <-l.over:
		return true
	default:
		return false
	}
}

// Press implements channel.Line.
func (l *line) Press(digit byte) error {
	if !strings.ContainsRune("0123456789*#ABCD", rune(digit)) {
		return fmt.Errorf("%q is not a key of a telephone", digit)
	}
	select {
	case l.keys <- digit:
		return nil
	case <-l.over:
		return ErrOver
	}
}

// Heard implements channel.Line.
func (l *line) Heard() <-chan channel.Heard { return l.heard }

// Hangup implements channel.Line.
func (l *line) Hangup() { l.hangupOnce.Do(func() { close(l.hangup) }) }

// Wait implements channel.Line. Cancelling ctx ends the call.
func (l *line) Wait(ctx context.Context) (channel.LineEnd, error) {
	select {
	case <-l.done:
		return l.end, l.err
	case <-ctx.Done():
		l.cancel()
		<-l.done
		return l.end, errors.Join(context.Cause(ctx), l.err)
	}
}

// run starts the owner.
func (l *line) run(ctx context.Context) {
	ctx, l.cancel = context.WithCancel(ctx)
	l.speech = make(chan []byte, speechAhead)
	l.keys = make(chan byte)
	l.heard = make(chan channel.Heard, heardBehind)
	l.gone = make(chan socketEnd, 1)
	l.silence = make([]byte, audio.Mulaw8k.FrameBytes())
	audio.Mulaw8k.Silence(l.silence)
	l.hangup = make(chan struct{})
	l.over = make(chan struct{})
	l.done = make(chan struct{})
	var owner sync.WaitGroup // never waited for: done says the same to everyone
	owner.Go(func() {
		defer close(l.done)
		defer l.hooks.close()
		defer l.cancel()
		l.own(ctx)
	})
}

// own runs the call from its first frame to its last callback.
func (l *line) own(ctx context.Context) {
	var others sync.WaitGroup
	var started error
	others.Go(func() { started = l.streamEvent(ctx, "stream-started") })
	others.Go(l.read)

	byGateway, err := l.talk(ctx)
	l.media.Close()
	close(l.over)
	close(l.heard)

	after, cancel := context.WithoutCancel(ctx), context.CancelFunc(func() {})
	if ctx.Err() != nil {
		after, cancel = context.WithTimeout(after, afterCancel)
	}
	defer cancel()
	others.Wait()
	l.end.ByGateway = byGateway
	errs := []error{err, l.violations.err(), started, l.streamEvent(after, "stream-stopped")}
	if byGateway || l.told != nil {
		errs = append(errs, l.proceed(after))
	}
	l.rest.end(l)
	l.err = errors.Join(append(errs, l.completed(after))...)
}
