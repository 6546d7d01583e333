package genesysaudioconnector

import (
	"context"
	"net"
	"net/http"
	"sync"
	"testing"
	"testing/synctest"
	"time"

	"github.com/gorilla/websocket"
	"github.com/stretchr/testify/require"

	"github.com/va-gateway/terraform-provider-va/gateway/internal/audio"
	"github.com/va-gateway/terraform-provider-va/gateway/internal/protocol/audiohook"
)

// virtual runs a test in virtual time, so that calls of minutes take no time and
// every distance is exact. The connections are pipes in memory.
func virtual(t *testing.T, run func(*testing.T, *bundle)) {
	t.Helper()
	synctest.Test(t, func(t *testing.T) {
		b := newBundle()
		b.url = "https://gw.example.com"
		l := &pipes{conns: make(chan net.Conn), done: make(chan struct{})}
		b.connect = func() net.Conn {
			near, far := net.Pipe()
			l.conns <- far
			return near
		}
		h := &handler{g: b.fakeGateway, openWait: openWait, engineWait: engineWait, disconnectWait: disconnectWait}
		s := &http.Server{Handler: b.counted(h), ReadHeaderTimeout: patience}
		var serving sync.WaitGroup
		serving.Go(func() { _ = s.Serve(l) })
		run(t, b)
		_ = s.Close()
		serving.Wait()
		b.calls.Wait()
	})
}

// pipes is a listener of connections in memory.
type pipes struct {
	conns chan net.Conn
	done  chan struct{}
	once  sync.Once
}

func (p *pipes) Accept() (net.Conn, error) {
	select {
	case c := <-p.conns:
		return c, nil
	case <-p.done:
		return nil, net.ErrClosed
	}
}

func (p *pipes) Close() error {
	p.once.Do(func() { close(p.done) })
	return nil
}

func (p *pipes) Addr() net.Addr { return &net.UnixAddr{} }

// caller is Genesys in virtual time: it notes when everything came and what it
// would be playing.
type caller struct {
	*audiohook.Client
	conn net.Conn // below the WebSocket

	begun  time.Time
	silent bool          // does not say when playback is completed
	left   chan struct{} // closed at the end of the connection

	mu        sync.Mutex
	events    []arrival
	sound     []byte
	playUntil time.Time
	playing   *time.Timer
}

// arrival is one message of the gateway.
type arrival struct {
	at      time.Duration // since the session was opened
	kind    audiohook.Kind
	size    int // of audio
	message audiohook.Message
}

// dialVirtual opens a session and its conversation.
func (b *bundle) dialVirtual(t *testing.T, silent bool) (*caller, *conversation) {
	t.Helper()
	r := b.request(t).sign(t)
	conn := b.connect()
	d := websocket.Dialer{NetDialContext: func(context.Context, string, string) (net.Conn, error) { return conn, nil }}
	ws, res, err := d.DialContext(t.Context(), "ws://"+r.Host+r.Target, r.Header)
	require.NoError(t, err)
	require.NoError(t, res.Body.Close())
	c := &caller{
		Client: audiohook.NewClient(ws, testSession), conn: conn,
		silent: silent, left: make(chan struct{}), begun: time.Now(),
	}
	require.NoError(t, c.Open(goodOpen()))
	go c.listen()
	conv := b.engine.next(t)
	synctest.Wait()
	require.Equal(t, audiohook.Opened, c.log()[0].kind)
	return c, conv
}

// listen notes everything until the connection ends, and plays it.
func (c *caller) listen() {
	var closing sync.WaitGroup
	defer close(c.left)
	defer closing.Wait()
	defer c.Release()
	var m audiohook.Message
	for c.Read(&m) == nil {
		c.mu.Lock()
		now := time.Now()
		c.events = append(c.events, arrival{now.Sub(c.begun), m.Kind, len(m.Data), m})
		switch m.Kind {
		case audiohook.Audio:
			c.sound = append(c.sound, m.Data...)
			if c.playUntil.Before(now) {
				c.playUntil = now
			}
			c.playUntil = c.playUntil.Add(audio.Mulaw8k.Duration(len(m.Data)))
			if c.playing != nil {
				c.playing.Stop()
			}
			c.playing = time.AfterFunc(c.playUntil.Sub(now), func() {
				if !c.silent {
					_ = c.PlaybackCompleted()
				}
			})
		case audiohook.Event:
			if c.playing != nil {
				c.playing.Stop()
			}
			c.playUntil = now
		case audiohook.Disconnect:
			closing.Go(func() { _ = c.Close(audiohook.ReasonDone) })
		}
		c.mu.Unlock()
	}
	if c.playing != nil {
		c.playing.Stop()
	}
}

// log is everything that came so far.
func (c *caller) log() []arrival {
	c.mu.Lock()
	defer c.mu.Unlock()
	return append([]arrival(nil), c.events...)
}

// came are the arrivals of a kind.
func (c *caller) came(k audiohook.Kind) (of []arrival) {
	for _, a := range c.log() {
		if a.kind == k {
			of = append(of, a)
		}
	}
	return of
}

// heard is all audio so far.
func (c *caller) heard() []byte {
	c.mu.Lock()
	defer c.mu.Unlock()
	return append([]byte(nil), c.sound...)
}

// size is how many bytes of audio came so far.
func (c *caller) size() int {
	c.mu.Lock()
	defer c.mu.Unlock()
	return len(c.sound)
}

// pass lets time go by, with the pings that keep a session alive.
func (c *caller) pass(t *testing.T, d time.Duration) {
	t.Helper()
	for ; d > 5*time.Second; d -= 5 * time.Second {
		<-time.After(5 * time.Second)
		require.NoError(t, c.Ping(0))
	}
	<-time.After(d)
	synctest.Wait()
}

// bye hangs up.
func (c *caller) bye(t *testing.T) {
	t.Helper()
	require.NoError(t, c.Close(audiohook.ReasonEnd))
	<-c.left
	require.Len(t, c.came(audiohook.Closed), 1)
}
