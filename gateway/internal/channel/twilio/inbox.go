package twilio

import (
	"context"
	"net"
	"sync"
	"time"

	"github.com/va-gateway/terraform-provider-va/gateway/internal/audio"
	"github.com/va-gateway/terraform-provider-va/gateway/internal/call"
	"github.com/va-gateway/terraform-provider-va/gateway/internal/protocol/twiliomedia"
)

const (
	// maxItems bounds an inbox: 2.56 s of usual media messages. Longer messages
	// are cut into pieces of maxPiece, so it holds at most 200 KiB.
	maxItems = 128

	// maxGap is the longest pause in the platform's timestamps that is filled.
	// One shorter than jitter is not, since timestamps need not be exact and
	// made-up silence in the middle of a word is worse; small ones add up.
	maxGap = 10 * time.Second
	jitter = 100 * time.Millisecond
	// A platform that stops sending while the caller is silent would leave a
	// turn open for ever: after quietAfter without media, quietFill of silence
	// is added, once.
	quietAfter = 750 * time.Millisecond
	quietFill  = time.Second
)

// silence is one second that all calls share; nobody writes to it.
var silence = func() []byte {
	b := make([]byte, audio.Mulaw8k.Bytes(quietFill))
	audio.Mulaw8k.Silence(b)
	return b
}()

// inbox is the bounded queue from the socket's reader to the session. When it
// is full the oldest audio goes first. One mutex guards everything; next is
// called by one goroutine.
type inbox struct {
	mu      sync.Mutex
	items   [maxItems]item // a ring
	head, n int
	dropped int64

	timed   bool      // due is known
	due     int64     // timestamp expected next, in milliseconds
	heard   time.Time // when media came last
	quieted bool      // quietFill was added since
	ended   bool      // nothing comes after the queue
	err     error     // what next answers then; nil: a hangup comes first
	taken   []byte    // what next answered, to be reused

	ready chan struct{} // holds one token while there may be something
	timer *time.Timer   // used by next only
}

// item is an input; silence has only a size in bytes.
type item struct {
	call.Input
	fill int
}

func newInbox() *inbox {
	return &inbox{heard: time.Now(), ready: make(chan struct{}, 1), timer: time.NewTimer(quietAfter)}
}

// media adds audio that starts at the timestamp in milliseconds, or
// twiliomedia.Absent, and silence for what is missing before it.
func (q *inbox) media(timestamp int64, data []byte) {
	q.mu.Lock()
	defer q.mu.Unlock()
	q.heard, q.quieted = time.Now(), false
	if timestamp == twiliomedia.Absent {
		timestamp = q.due
	}
	gap := timestamp - q.due
	if q.timed && gap >= jitter.Milliseconds() {
		missing := time.Duration(min(gap, maxGap.Milliseconds())) * time.Millisecond
		q.push(item{Input: call.Input{Kind: call.InputFill}, fill: audio.Mulaw8k.Bytes(missing)})
	}
	if !q.timed || gap >= jitter.Milliseconds() || gap <= -jitter.Milliseconds() {
		q.timed, q.due = true, timestamp
	}
	q.due += audio.Mulaw8k.Duration(len(data)).Milliseconds()
	for len(data) > 0 {
		n := min(len(data), audio.Mulaw8k.Bytes(maxPiece))
		q.push(item{Input: call.Input{Kind: call.InputAudio, Data: data[:n]}})
		data = data[n:]
	}
}

// add queues an input without data.
func (q *inbox) add(in call.Input) {
	q.mu.Lock()
	defer q.mu.Unlock()
	q.push(item{Input: in})
}

// end says that nothing follows: a hangup if err is nil. Only the first call
// counts.
func (q *inbox) end(err error) {
	q.mu.Lock()
	defer q.mu.Unlock()
	if !q.ended {
		q.ended, q.err = true, err
	}
	q.wake()
}

// push copies the item into the ring, making room if it must.
func (q *inbox) push(it item) {
	if q.n == maxItems && !q.dropOldest() {
		q.dropped++ // full of marks and keys: a flood, not a call
		return
	}
	slot := q.at(q.n)
	it.Data = append(slot.Data[:0], it.Data...)
	*slot = it
	q.n++
	q.wake()
}

// dropOldest removes the oldest audio or silence; marks and keys stay.
func (q *inbox) dropOldest() bool {
	for i := range q.n {
		if kind := q.at(i).Kind; kind != call.InputAudio && kind != call.InputFill {
			continue
		}
		q.dropped++
		for ; i > 0; i-- {
			*q.at(i), *q.at(i - 1) = *q.at(i - 1), *q.at(i)
		}
		q.pop()
		return true
	}
	return false
}

func (q *inbox) at(i int) *item { return &q.items[(q.head+i)%maxItems] }

func (q *inbox) pop() { q.head, q.n = (q.head+1)%maxItems, q.n-1 }

func (q *inbox) wake() {
	select {
	case q.ready <- struct{}{}:
	default:
	}
}

// next waits for an input. Its data is valid until the next call.
func (q *inbox) next(ctx context.Context) (call.Input, error) {
	for {
		if err := ctx.Err(); err != nil {
			return call.Input{}, err
		}
		in, wait, err := q.take(time.Now())
		if err != nil || in.Kind != 0 {
			return in, err
		}
		q.timer.Reset(wait)
		select {
		case <-ctx.Done():
		case <-q.ready:
		case <-q.timer.C:
		}
	}
}

// take gives the next input, or how long to wait for it at most.
func (q *inbox) take(now time.Time) (in call.Input, wait time.Duration, err error) {
	q.mu.Lock()
	defer q.mu.Unlock()
	if q.n == 0 {
		return q.idle(now)
	}
	slot := q.at(0)
	if slot.Kind == call.InputFill {
		in = call.Input{Kind: call.InputFill, Data: silence[:min(slot.fill, len(silence))]}
		if slot.fill -= len(in.Data); slot.fill > 0 {
			return in, 0, nil
		}
	} else {
		in = slot.Input
		slot.Data, q.taken = q.taken, in.Data // the slot gets the other buffer
	}
	q.pop()
	return in, 0, nil
}

func (q *inbox) idle(now time.Time) (in call.Input, wait time.Duration, err error) {
	switch {
	case q.err != nil:
		return in, 0, q.err
	case q.ended:
		q.err = net.ErrClosed
		return call.Input{Kind: call.InputHangup}, 0, nil
	case q.quieted:
		return in, time.Hour, nil // woken by what comes next
	case now.Sub(q.heard) < quietAfter:
		return in, quietAfter - now.Sub(q.heard), nil
	}
	q.quieted = true
	q.due += quietFill.Milliseconds()
	return call.Input{Kind: call.InputFill, Data: silence}, 0, nil
}
