package platform

import (
	"context"
	"encoding/json"
	"errors"
	"sync"
	"time"

	"github.com/va-gateway/terraform-provider-va/gateway/internal/audio"
	"github.com/va-gateway/terraform-provider-va/gateway/internal/channel"
	"github.com/va-gateway/terraform-provider-va/gateway/internal/channel/internal/handset"
	"github.com/va-gateway/terraform-provider-va/gateway/internal/protocol/audiohook"
)

// Bounds of a line.
const (
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

// line is one session. One goroutine owns it and everything without a comment;
// a second one reads the connection. The owner waits for it.
type line struct {
	*handset.Handset
	session  *session
	media    audiohook.Media
	received func(at time.Time, bytes int)
	said     []byte // of the caller, not sent yet
	playing  bool   // the queue was heard in the last frame
	rtt      time.Duration
	pinged   time.Time // when a ping was sent that has no answer

	mu         sync.Mutex
	playout    playout                // guarded by mu
	violations handset.ViolationError // guarded by mu
	cleared    bool                   // guarded by mu; to be told with the next frame
	quiet      bool                   // guarded by mu; the gateway sends no audio any more

	events chan event
	gone   chan error // sent once, by the reader
	end    channel.LineEnd
}

var _ channel.Line = (*line)(nil)

func newLine(s *session, received func(time.Time, int)) *line {
	return &line{
		Handset: handset.New(audio.Mulaw8k), session: s, received: received,
		playout: playout{limit: newLimit()},
		events:  make(chan event, maxEvents), gone: make(chan error, 1),
	}
}

// ProviderCallID implements channel.Line: the id of the session.
func (l *line) ProviderCallID() string { return l.session.id }

// own runs the session from "opened" to its end.
func (l *line) own(ctx context.Context) (channel.LineEnd, error) {
	refused := l.end.ByGateway // instead of opening it; the reader writes end from here on
	var reader sync.WaitGroup
	reader.Go(l.read)
	err := error(nil)
	if refused {
		err = l.close(audiohook.ReasonDone)
	} else {
		err = l.talk(ctx)
	}
	l.session.Release()
	l.Over()
	reader.Wait()
	return l.end, errors.Join(err, l.violations.Err())
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
