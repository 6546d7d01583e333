package platform

import (
	"context"
	"errors"
	"fmt"
	"net/http"
	"net/url"
	"time"

	"github.com/va-gateway/terraform-provider-va/gateway/internal/channel"
)

// Values of channel.LineEnd.Next.
const (
	nextHangup   = "hangup"
	nextTransfer = "transfer"
)

// proceed goes on after the stream: with what REST said, or what the gateway
// answers.
func (l *line) proceed(ctx context.Context) error {
	if l.told == nil && l.silent > 0 {
		patience := time.NewTimer(l.silent)
		defer patience.Stop()
		select {
		case doc := <-l.updates:
			l.told = &doc
		case <-patience.C:
			return nil
		case <-ctx.Done():
			return nil
		}
	}
	if l.told != nil {
		return l.carryOut(ctx, *l.told)
	}
	return l.connectAction(ctx)
}

// connectAction asks what happens after the stream, and carries it out.
func (l *line) connectAction(ctx context.Context) error {
	if l.action == "" {
		l.end.Next = nextHangup // nothing is left of the first document
		return nil
	}
	doc, err := l.hooks.ask(ctx, stepConnectAction, l.action, url.Values{"CallStatus": {"in-progress"}})
	if err != nil {
		return err
	}
	return l.carryOut(ctx, doc)
}

// carryOut does what a document says.
func (l *line) carryOut(ctx context.Context, doc document) error {
	l.end.Detail = doc.text
	v := doc.first()
	switch v.XMLName.Local {
	case "Dial":
		l.end.Next, l.end.Target = nextTransfer, v.target()
		return l.dialAction(ctx, v)
	case "Hangup", "Say":
		l.end.Next = nextHangup
		return nil
	}
	return &channel.RefusedError{Step: stepConnectAction, Status: http.StatusOK, Detail: doc.text}
}

// dialAction rings the live agent, who answers as configured, and reports it.
func (l *line) dialAction(ctx context.Context, dial verb) error {
	if l.end.Target == "" {
		return errors.New("<Dial> names nobody (error 13214)")
	}
	action, err := next(dial)
	if err != nil || action == "" {
		return err
	}
	form := url.Values{
		"CallStatus": {"in-progress"}, "DialCallStatus": {l.dialCallStatus}, "DialCallSid": {sid("CA")},
	}
	switch l.dialCallStatus {
	case "":
		form.Set("DialCallStatus", "completed")
		fallthrough
	case "completed":
		form.Set("DialCallDuration", "1")
		form.Set("DialBridged", "true")
	}
	doc, err := l.hooks.ask(ctx, stepDialAction, action, form)
	if err != nil {
		return err
	}
	l.end.Detail += "\n" + doc.text
	return nil
}

// completed tells that the call is over.
func (l *line) completed(ctx context.Context) error {
	return l.hooks.tell(ctx, stepStatus, l.statusCallback, url.Values{
		"CallStatus": {"completed"}, "CallbackSource": {"call-progress-events"}, "SequenceNumber": {"0"},
		"Timestamp": {time.Now().UTC().Format(time.RFC1123Z)},
	})
}

// streamEvent tells about the stream, where its TwiML asked for it.
func (l *line) streamEvent(ctx context.Context, event string) error {
	err := l.hooks.tell(ctx, stepStreamStatus, l.stream.StatusCallback, url.Values{
		"StreamSid": {l.start.StreamSID}, "StreamName": {l.stream.Name}, "StreamEvent": {event},
		"Timestamp": {time.Now().UTC().Format(time.RFC3339Nano)},
	})
	if err != nil {
		return fmt.Errorf("%s: %w", event, err)
	}
	return nil
}
