package platform

import (
	"time"

	"golang.org/x/time/rate"

	"github.com/va-gateway/terraform-provider-va/gateway/internal/audio"
)

const (
	// maxQueued bounds what may wait to be played. Genesys publishes no limit; a
	// gateway that runs ahead further is broken, and slow to interrupt. A busy
	// machine may play some seconds late.
	maxQueued = 5 * time.Second
	// maxBinary is the largest message of audio that is taken, in bytes.
	maxBinary = 64_000
)

// playout is the queue of audio on its way to the caller.
type playout struct {
	queue []byte
	limit limit
}

// add queues audio; false means that the queue is full.
func (p *playout) add(sound []byte) bool {
	if len(p.queue)+len(sound) > audio.Mulaw8k.Bytes(maxQueued) {
		return false
	}
	p.queue = append(p.queue, sound...)
	return true
}

// clear drops the queue and reports whether there was one.
func (p *playout) clear() (dropped bool) {
	dropped = len(p.queue) > 0
	p.queue = nil
	return dropped
}

// frame fills the next 20 ms, with silence where the queue has nothing, and
// reports whether it had something.
func (p *playout) frame(frame []byte) (sounds bool) {
	n := copy(frame, p.queue)
	p.queue = p.queue[n:]
	audio.Mulaw8k.Silence(frame[n:])
	return n > 0
}

// limit are the published limits of what a server may send: 5 messages a second
// on average, 25 at once, for audio and for text each
// (https://developer.genesys.cloud/organization/organization/limits).
type limit struct{ binary, text *rate.Limiter }

func newLimit() limit { return limit{rate.NewLimiter(5, 25), rate.NewLimiter(5, 25)} }

func (l limit) allow(now time.Time, binary bool) bool {
	if binary {
		return l.binary.AllowN(now, 1)
	}
	return l.text.AllowN(now, 1)
}
