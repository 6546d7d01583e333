package pipe

import (
	"context"

	"github.com/va-gateway/terraform-provider-va/gateway/internal/call"
)

// MaxEvents may wait for the session.
const MaxEvents = 64

// Events is the stream of an engine's events. One goroutine at a time sends and
// finishes.
type Events struct{ c chan call.Event }

// NewEvents makes a stream.
func NewEvents() *Events { return &Events{make(chan call.Event, MaxEvents)} }

// Receive is the receiving side.
func (s *Events) Receive() <-chan call.Event { return s.c }

// Send queues an event. It waits while the queue is full, and gives up when
// the context ends.
func (s *Events) Send(ctx context.Context, e call.Event) error {
	if s.Offer(e) {
		return nil
	}
	select {
	case s.c <- e:
		return nil
	case <-ctx.Done():
		return ctx.Err()
	}
}

// Offer queues an event unless the queue is full.
func (s *Events) Offer(e call.Event) bool {
	select {
	case s.c <- e:
		return true
	default:
		return false
	}
}

// Finish queues the last event and closes the stream. It never waits: when
// nobody reads, older events make room, since after the end they are history.
func (s *Events) Finish(end call.Event) {
	end.Kind = call.EventEnd
	for {
		select {
		case s.c <- end:
			close(s.c)
			return
		default:
		}
		select {
		case <-s.c:
		default:
		}
	}
}
