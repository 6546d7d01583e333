package platform

import (
	"context"
	"errors"
	"sync"
	"time"

	"github.com/va-gateway/terraform-provider-va/gateway/internal/channel"
	"github.com/va-gateway/terraform-provider-va/gateway/internal/channel/internal/handset"
	"github.com/va-gateway/terraform-provider-va/gateway/internal/protocol/twiliomedia"
)

// Bounds of a line.
const (
	closeWait = 5 * time.Second
	// afterCancel bounds the polite end of a call whose context was cancelled.
	afterCancel = 2 * time.Second
)

// line is one placed call. One goroutine owns it and everything without a
// comment; a second one reads the socket, a third tells that the stream began.
// The owner waits for both.
type line struct {
	*handset.Handset
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

	mu         sync.Mutex
	playout    playout                // guarded by mu
	violations handset.ViolationError // guarded by mu
	cleared    bool                   // guarded by mu; to be told with the next frame

	updates chan document // by REST, one at a time

	gone chan socketEnd // sent once
	end  channel.LineEnd
}

var _ channel.Line = (*line)(nil)

// socketEnd is why the socket ended.
type socketEnd struct{ err error }

// ProviderCallID implements channel.Line: the CallSid.
func (l *line) ProviderCallID() string { return l.start.CallSID }

// own runs the call from its first frame to its last callback.
func (l *line) own(ctx context.Context) (channel.LineEnd, error) {
	defer l.hooks.close()
	var others sync.WaitGroup
	var started error
	others.Go(func() { started = l.streamEvent(ctx, "stream-started") })
	others.Go(l.read)

	byGateway, err := l.talk(ctx)
	l.media.Close()
	l.Over()

	after, cancel := context.WithoutCancel(ctx), context.CancelFunc(func() {})
	if ctx.Err() != nil {
		after, cancel = context.WithTimeout(after, afterCancel)
	}
	defer cancel()
	others.Wait()
	l.end.ByGateway = byGateway
	errs := []error{err, l.violations.Err(), started, l.streamEvent(after, "stream-stopped")}
	if byGateway || l.told != nil {
		errs = append(errs, l.proceed(after))
	}
	l.rest.end(l)
	return l.end, errors.Join(append(errs, l.completed(after))...)
}
