package port

import (
	"errors"
	"net"
	"os"
	"sync"
	"time"
)

const (
	// At most sip packets are read from a draining socket every breath: a
	// flood must not cost more than a call.
	sip    = 64
	breath = time.Second
)

// Close gives the pair back. It returns at once; whoever reads the sockets gets
// an error soon. Only the first call counts.
func (p *Pair) Close() {
	p.once.Do(func() {
		p.pool.mu.Lock()
		closed := p.pool.closed
		if !closed {
			p.pool.drain.Add(1)
		}
		p.pool.mu.Unlock()
		if closed {
			p.unbind()
			return
		}
		go func() {
			defer p.pool.drain.Done()
			p.drain()
			p.unbind()
		}()
	})
}

func (p *Pair) unbind() {
	_ = p.RTP.Close()
	_ = p.RTCP.Close()
	p.pool.release(p.n)
}

// drain reads both sockets until neither gets anything any more.
func (p *Pair) drain() {
	end := time.Now().Add(p.pool.Longest)
	var both sync.WaitGroup
	for _, c := range []*net.UDPConn{p.RTP, p.RTCP} {
		both.Go(func() { p.pool.dry(c, end) })
	}
	finished := make(chan struct{})
	go func() {
		defer close(finished)
		both.Wait()
	}()
	select {
	case <-finished:
	case <-p.pool.done:
		_ = p.RTP.Close()
		_ = p.RTCP.Close()
		<-finished
	}
}

// dry reads a socket until it was quiet long enough. A deadline that the
// pair's last user has set may end a read early; the clock decides.
func (p *Pool) dry(c *net.UDPConn, end time.Time) {
	buf := make([]byte, 1)
	pause := time.NewTimer(breath)
	defer pause.Stop()
	still := time.Now().Add(p.Quiet)
	for read := 0; ; {
		if still.After(end) {
			still = end
		}
		if c.SetReadDeadline(still) != nil {
			return
		}
		_, _, err := c.ReadFromUDPAddrPort(buf)
		now := time.Now()
		switch {
		case errors.Is(err, net.ErrClosed):
			return
		case errors.Is(err, os.ErrDeadlineExceeded):
			if !now.Before(still) {
				return
			}
			continue
		}
		still = now.Add(p.Quiet)
		if read++; read%sip == 0 {
			pause.Reset(breath)
			select {
			case <-pause.C:
			case <-p.done:
				return
			}
		}
	}
}
