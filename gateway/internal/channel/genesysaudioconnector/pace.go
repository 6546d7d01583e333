package genesysaudioconnector

import (
	"sync"
	"time"

	"golang.org/x/time/rate"
)

// What Genesys allows a server, as its limits
// global.inbound.binary.average.rate.per.second and global.inbound.binary.max
// say (https://developer.genesys.cloud/organization/organization/limits): 5 a
// second, 25 at once. For text the same is assumed. Some of the burst stays
// unspent, since messages may arrive closer together than they were sent.
const (
	perSecond = 5
	burst     = 20
)

const (
	// slowFor is how long a complaint is remembered.
	slowFor = 30 * time.Second
	// maxPause is the longest pause that a client may ask for, and so the
	// longest wait for one message.
	maxPause = 5 * time.Second
)

// pace keeps the messages of one session within the client's limits. It is safe
// for concurrent use; mu guards what has no guard of its own.
type pace struct {
	binary, text *rate.Limiter
	stopped      chan struct{} // closed by stop
	once         sync.Once

	mu    sync.Mutex
	pause time.Time // nothing is sent before
	until time.Time // binary is slow until then; zero: it is not
}

func newPace() *pace {
	return &pace{
		binary: rate.NewLimiter(perSecond, burst), text: rate.NewLimiter(perSecond, burst),
		stopped: make(chan struct{}),
	}
}

// wait returns when a message may be sent, or when nothing is sent any more.
func (p *pace) wait(l *rate.Limiter) {
	now := time.Now()
	delay := l.ReserveN(now, 1).DelayFrom(now)
	if l == p.binary {
		delay = max(delay, p.paused(now))
	}
	if delay <= 0 {
		return
	}
	timer := time.NewTimer(min(delay, maxPause))
	defer timer.Stop()
	select {
	case <-timer.C:
	case <-p.stopped:
	}
}

// paused is how long nothing may be sent; it also ends a slow time that is
// over.
func (p *pace) paused(now time.Time) time.Duration {
	p.mu.Lock()
	defer p.mu.Unlock()
	if !p.until.IsZero() && now.After(p.until) {
		p.until = time.Time{}
		p.binary.SetLimitAt(now, perSecond)
	}
	return p.pause.Sub(now)
}

// slow halves the rate of audio for a while, after a pause.
func (p *pace) slow(pause time.Duration) {
	p.mu.Lock()
	defer p.mu.Unlock()
	now := time.Now()
	p.until, p.pause = now.Add(slowFor), now.Add(min(pause, maxPause))
	p.binary.SetLimitAt(now, perSecond/2.)
}

// stop ends every wait.
func (p *pace) stop() { p.once.Do(func() { close(p.stopped) }) }
