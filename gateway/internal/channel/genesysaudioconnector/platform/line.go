package platform

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"strings"
	"sync"
	"time"

	"github.com/va-gateway/terraform-provider-va/gateway/internal/audio"
	"github.com/va-gateway/terraform-provider-va/gateway/internal/channel"
	"github.com/va-gateway/terraform-provider-va/gateway/internal/protocol/audiohook"
)

// Bounds of a line.
const (
	speechAhead = 25  // frames Send may run ahead before it blocks
	heardBehind = 250 // frames Heard may lie unread before the call is given up
	// closedTimeout is how long the gateway may take to answer "close".
	closedTimeout = time.Second
	// shutTimeout is how long it may take then to close the connection.
	shutTimeout = 5 * time.Second
)

// Values of channel.LineEnd.Next, and what stands for the flow's queue of live
// agents.
const (
	nextHangup   = "hangup"
	nextTransfer = "transfer"
	queue        = "flow"
)

// Errors of a line.
var (
	// ErrOver says that the call has ended.
	ErrOver = errors.New("the call is over")
	// ErrUnread ends a call whose Heard nobody reads.
	ErrUnread = errors.New("nobody listens to what the caller hears")
)

// line is one session. One goroutine owns it and everything without a comment;
// a second one reads the connection. The owner waits for it.
type line struct {
	session  *session
	media    audiohook.Media
	received func(at time.Time, bytes int)
	said     []byte // of the caller, not sent yet
	silence  []byte // a frame of it
	playing  bool   // the queue was heard in the last frame
	rtt      time.Duration
	pinged   time.Time // when a ping was sent that has no answer

	mu         sync.Mutex
	playout    playout        // guarded by mu
	violations ViolationError // guarded by mu
	cleared    bool           // guarded by mu; to be told with the next frame
	quiet      bool           // guarded by mu; the gateway sends no audio any more

	speech chan []byte
	keys   chan byte
	heard  chan channel.Heard
	events chan event
	gone   chan error // sent once, by the reader

	hangup     chan struct{} // closed by Hangup
	hangupOnce sync.Once
	cancel     context.CancelFunc
	over       chan struct{} // closed when the media have ended
	done       chan struct{} // closed when everything has ended

	end channel.LineEnd // read after done
	err error           // read after done
}

var _ channel.Line = (*line)(nil)

func newLine(s *session, received func(time.Time, int)) *line {
	l := &line{
		session: s, received: received,
		silence: make([]byte, audio.Mulaw8k.FrameBytes()),
		playout: playout{limit: newLimit()},
		speech:  make(chan []byte, speechAhead), keys: make(chan byte),
		heard:  make(chan channel.Heard, heardBehind),
		events: make(chan event, maxEvents), gone: make(chan error, 1),
		hangup: make(chan struct{}), over: make(chan struct{}), done: make(chan struct{}),
	}
	audio.Mulaw8k.Silence(l.silence)
	return l
}

// ProviderCallID implements channel.Line: the id of the session.
func (l *line) ProviderCallID() string { return l.session.id }

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
	var owner sync.WaitGroup // never waited for: done says the same to everyone
	owner.Go(func() {
		defer close(l.done)
		defer l.cancel()
		l.own(ctx)
	})
}

// own runs the session from "opened" to its end.
func (l *line) own(ctx context.Context) {
	var reader sync.WaitGroup
	reader.Go(l.read)
	err := error(nil)
	if l.end.ByGateway { // instead of opening it
		err = l.close(audiohook.ReasonDone)
	} else {
		err = l.talk(ctx)
	}
	l.session.Release()
	close(l.over)
	close(l.heard)
	reader.Wait()
	l.err = errors.Join(err, l.violations.err())
}

// departed takes "disconnect". What the flow does next follows from it: it
// sends the failure path and the disposition "transfer" to live agents, so that
// nobody is lost.
func (l *line) departed(m *audiohook.Message) {
	l.end.ByGateway, l.end.Next = true, nextHangup
	if m.Reason != audiohook.ReasonCompleted || m.Output["disposition"] == nextTransfer {
		l.end.Next, l.end.Target = nextTransfer, queue
	}
	detail, _ := json.Marshal(struct { // strings always marshal
		Reason string            `json:"reason"`
		Info   string            `json:"info,omitempty"`
		Output map[string]string `json:"outputVariables,omitempty"`
	}{m.Reason, m.Text, m.Output})
	l.end.Detail = string(detail)
}
