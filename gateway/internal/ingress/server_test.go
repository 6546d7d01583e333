package ingress

import (
	"bufio"
	"context"
	"errors"
	"io"
	"log/slog"
	"net"
	"net/http"
	"net/netip"
	"strings"
	"sync"
	"testing"
	"testing/synctest"
	"time"

	"github.com/stretchr/testify/require"
)

// pipes is a listener without a network, so that time can be simulated.
type pipes struct {
	accepted chan net.Conn
	closing  sync.Once
	closed   chan struct{}
}

func (p *pipes) Accept() (net.Conn, error) {
	select {
	case c := <-p.accepted:
		return c, nil
	case <-p.closed:
		return nil, net.ErrClosed
	}
}

func (p *pipes) Close() error {
	p.closing.Do(func() { close(p.closed) })
	return nil
}

func (*pipes) Addr() net.Addr { return &net.TCPAddr{} }

// running serves a handler inside a synctest bubble. dial sends text and gives
// everything that is answered until the connection ends.
func running(t *testing.T, h http.HandlerFunc, log io.Writer) (s *Server, dial func(text string) func() string) {
	t.Helper()
	s = NewServer(h, nil, nil, slog.New(slog.NewTextHandler(log, nil)))
	l := &pipes{accepted: make(chan net.Conn), closed: make(chan struct{})}
	served := make(chan error, 1)
	go func() { served <- s.Serve(l) }()
	t.Cleanup(func() {
		s.Shutdown(t.Context())
		require.NoError(t, <-served)
	})
	return s, func(text string) func() string {
		near, far := net.Pipe()
		l.accepted <- far
		go func() { _, _ = io.WriteString(near, text) }()
		return func() string {
			defer near.Close()
			answer, err := io.ReadAll(near)
			require.NoError(t, err)
			return string(answer)
		}
	}
}

// A sender who drips bytes is cut off, whether or not anybody reads the body.
func TestSlowSendersAreCutOff(t *testing.T) {
	t.Parallel()
	for _, tc := range []struct {
		name, text string
		within     time.Duration
	}{
		{"no request at all", "", readHeaderTimeout},
		{"half a header", "GET / HTTP/1.1\r\nHost: a\r\n", readHeaderTimeout},
		{"half a body", "POST /read HTTP/1.1\r\nHost: a\r\nContent-Length: 100\r\n\r\nhalf", readTimeout},
		{"a body nobody wants", "POST / HTTP/1.1\r\nHost: a\r\nContent-Length: 100\r\n\r\nhalf", readTimeout},
	} {
		t.Run(tc.name, func(t *testing.T) {
			t.Parallel()
			synctest.Test(t, func(t *testing.T) {
				_, dial := running(t, func(w http.ResponseWriter, r *http.Request) {
					if r.URL.Path == "/read" {
						if _, err := io.ReadAll(r.Body); err == nil {
							t.Error("the whole body came")
						}
					}
					w.WriteHeader(http.StatusForbidden)
				}, io.Discard)
				begun := time.Now()
				answer := dial(tc.text)()
				require.LessOrEqual(t, time.Since(begun), tc.within+time.Second, answer)
			})
		})
	}
}

// A reader who does not read is cut off.
func TestSlowReaderIsCutOff(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		begun := time.Now()
		took := make(chan time.Duration, 1)
		_, dial := running(t, func(w http.ResponseWriter, _ *http.Request) {
			if _, err := w.Write(make([]byte, 1<<20)); err == nil {
				t.Error("everything was written")
			}
			took <- time.Since(begun)
		}, io.Discard)
		answer := dial("GET / HTTP/1.1\r\nHost: a\r\n\r\n")
		<-time.After(writeTimeout + time.Second)
		_ = answer()
		require.LessOrEqual(t, <-took, writeTimeout)
	})
}

// A defect in one request is logged with its place and hits nobody else.
func TestPanicIsContained(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		log := &strings.Builder{}
		_, dial := running(t, func(w http.ResponseWriter, r *http.Request) {
			if r.URL.Path == "/broken" {
				panic("broken")
			}
		}, log)
		require.Empty(t, dial("GET /broken HTTP/1.1\r\nHost: a\r\n\r\n")())
		require.Contains(t, dial("GET / HTTP/1.1\r\nHost: a\r\nConnection: close\r\n\r\n")(), "200 OK")
		require.Contains(t, log.String(), "server_test.go")
		require.Equal(t, 1, strings.Count(log.String(), "\n"))
	})
}

// Shutdown waits for upgraded connections, and closes them when time is up.
func TestShutdownWaitsForUpgraded(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		const patience = 15 * time.Second
		s, dial := running(t, func(w http.ResponseWriter, _ *http.Request) {
			conn, buffered, err := http.NewResponseController(w).Hijack()
			if err != nil {
				t.Error(err)
				return
			}
			defer conn.Close()
			if _, err = bufio.NewReader(buffered).ReadByte(); err == nil {
				t.Error("the client said something")
			}
		}, io.Discard)
		begun := time.Now()
		answer := dial("GET / HTTP/1.1\r\nHost: a\r\n\r\n")
		synctest.Wait()
		ctx, cancel := context.WithTimeout(t.Context(), patience)
		defer cancel()
		s.Shutdown(ctx)
		require.Equal(t, patience, time.Since(begun))
		require.Empty(t, answer())
	})
}

// fakeConn is a connection from an address.
type fakeConn struct {
	net.Conn
	from   net.Addr
	closed bool
}

func (c *fakeConn) RemoteAddr() net.Addr { return c.from }

func (c *fakeConn) Close() error {
	if c.closed {
		return errors.New("closed twice")
	}
	c.closed = true
	return nil
}

func TestConnectionsAreLimited(t *testing.T) {
	t.Parallel()
	limits := newConnections(2, 4, nil)
	from := func(address string) *fakeConn {
		c := &fakeConn{from: &net.TCPAddr{IP: net.ParseIP(address), Port: 1}}
		limits.state(c, http.StateNew)
		return c
	}
	first, second := from("192.0.2.1"), from("192.0.2.1")
	third := from("192.0.2.1")
	require.True(t, third.closed, "one address holds two")
	limits.state(third, http.StateClosed)

	limits.state(first, http.StateActive)
	limits.state(first, http.StateHijacked)
	require.False(t, from("192.0.2.1").closed, "a call in progress does not count")
	limits.state(second, http.StateIdle)
	require.False(t, from("192.0.2.1").closed, "nor does an idle connection")

	require.False(t, from("2001:db8::1").closed)
	require.True(t, from("2001:db8::2").closed, "the limit of all")
	limits.state(second, http.StateClosed)
	require.False(t, from("2001:db8::3").closed)
	require.True(t, from("2001:db8::4").closed, "one network is one source")

	limits = newConnections(1, 3, Proxies{netip.MustParsePrefix("198.51.100.0/24")})
	require.False(t, from("198.51.100.1").closed)
	require.False(t, from("198.51.100.1").closed, "a trusted proxy stands for many sources")
	require.False(t, from("198.51.100.1").closed)
	require.True(t, from("198.51.100.1").closed, "the limit of all")
}

func TestUpgradedConnectionsEndWithTheirHandler(t *testing.T) {
	t.Parallel()
	limits := newConnections(2, 4, nil)
	first := &fakeConn{from: &net.TCPAddr{IP: net.ParseIP("192.0.2.1"), Port: 1}}
	limits.state(first, http.StateNew)
	limits.state(first, http.StateHijacked)
	limits.begin()
	limits.end(first)
	require.True(t, first.closed, "an upgraded connection ends with its handler")
}
