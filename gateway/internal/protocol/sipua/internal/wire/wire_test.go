package wire_test

import (
	"bytes"
	"crypto/tls"
	"errors"
	"io"
	"net"
	"net/netip"
	"os"
	"strings"
	"sync"
	"testing"
	"testing/synctest"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/va-gateway/terraform-provider-va/gateway/internal/protocol/sipua/internal/gate"
	"github.com/va-gateway/terraform-provider-va/gateway/internal/protocol/sipua/internal/wire"
)

const message = "OPTIONS sip:va@127.0.0.1 SIP/2.0\r\nCall-ID: a\r\nContent-Length: 4\r\n\r\nbody"

// door is a gate that admits messages without the word "bad".
type door struct{ peer func(netip.Addr) bool }

func (d door) Peer(a netip.Addr) bool { return d.peer == nil || d.peer(a) }

func (door) Message(_ netip.Addr, data []byte) gate.Verdict {
	switch {
	case bytes.Contains(data, []byte("unreadable")):
		return gate.Unreadable
	case bytes.Contains(data, []byte("bad")):
		return gate.Unwanted
	case bytes.Contains(data, []byte("late")):
		return gate.Drop
	}
	return gate.Admit
}

// pipes is a listener whose connections are pipes, so that their deadlines
// follow the clock of a bubble.
type pipes struct {
	conns chan net.Conn
	done  chan struct{}
}

func newPipes() *pipes { return &pipes{make(chan net.Conn), make(chan struct{})} }

func (p *pipes) Accept() (net.Conn, error) {
	select {
	case c := <-p.conns:
		return c, nil
	case <-p.done:
		return nil, net.ErrClosed
	}
}

func (p *pipes) Close() error   { close(p.done); return nil }
func (p *pipes) Addr() net.Addr { return &net.TCPAddr{IP: net.IPv4(127, 0, 0, 1), Port: 5060} }

type addressed struct {
	net.Conn
	addr string
}

func (a addressed) RemoteAddr() net.Addr {
	return net.TCPAddrFromAddrPort(netip.MustParseAddrPort(a.addr))
}

// connect gives the two ends of an accepted connection.
func connect(t *testing.T, p *pipes, l *wire.Listener) (client, server net.Conn) {
	t.Helper()
	client, far := net.Pipe()
	accepted := make(chan net.Conn, 1)
	go func() {
		c, err := l.Accept()
		if err == nil {
			accepted <- c
		}
	}()
	p.conns <- addressed{far, "127.0.0.1:40000"}
	server = <-accepted
	t.Cleanup(func() { _, _ = client.Close(), server.Close() })
	return client, server
}

func TestStream(t *testing.T) {
	t.Parallel()
	bad := strings.Replace(message, "body", "bad!", 1)
	unreadable := strings.Replace(message, "4\r\n\r\nbody", "10\r\n\r\nunreadable", 1)
	long := "OPTIONS sip:va SIP/2.0\r\nSubject: " + strings.Repeat("a", 20<<10) + "\r\nl: 0\r\n\r\n"
	for _, c := range []struct {
		name   string
		pieces []string
		want   string // what the reader gets before the end
	}{
		{"one message", []string{message}, message},
		{"B6 a message byte by byte", strings.Split(message, ""), message},
		{"two messages in one piece", []string{message + message}, message + message},
		{"line ends between messages", []string{"\r\n" + message + "\r\n\r\n" + message}, message + message},
		{"a dropped one after an admitted one", []string{message + bad + message}, message + message},
		{"a dropped one at first", []string{strings.Replace(message, "body", "late", 1) + message}, message},
		{"SIP-18 a refused first message", []string{bad + message}, ""},
		{"what the parser refuses", []string{message + unreadable + message}, message},
		{"a message of 20 KB", []string{long}, long},
		{"SIP-19 a header of 64 KB", []string{"OPTIONS sip:va SIP/2.0\r\nSubject: " + strings.Repeat("a", 64<<10)}, ""},
		{"SIP-19 a length of -1", []string{strings.Replace(message, "4", "-1", 1)}, ""},
		{"SIP-19 a length of 2e9", []string{strings.Replace(message, "4", "2000000000", 1)}, ""},
		{"SIP-19 a length of 999999999", []string{strings.Replace(message, "4", "999999999", 1)}, ""},
		{"no length", []string{strings.Replace(message, "Content-Length: 4\r\n", "", 1)}, ""},
		{"no SIP", []string{"GET\r\n\r\n"}, ""},
	} {
		t.Run(c.name, func(t *testing.T) {
			t.Parallel()
			synctest.Test(t, func(t *testing.T) {
				p := newPipes()
				l := wire.NewListener(p, door{}, nil)
				client, server := connect(t, p, l)
				go func() {
					for _, piece := range c.pieces {
						if _, err := client.Write([]byte(piece)); err != nil {
							return
						}
					}
					_ = client.Close()
				}()
				go func() { _, _ = io.Copy(io.Discard, client) }() // pongs
				got, err := io.ReadAll(server)
				require.NoError(t, err)
				require.Equal(t, c.want, string(got))
				require.NoError(t, server.Close())
				require.Zero(t, l.Open())
			})
		})
	}
}

func TestStreamDeadlinesB5(t *testing.T) {
	t.Parallel()
	for _, c := range []struct {
		name   string
		before string        // sent at once
		every  time.Duration // one byte of another message; 0: nothing more
		want   time.Duration // until the end
	}{
		{"SIP-19 nothing is sent", "", 0, 5 * time.Second},
		{"SIP-19 a byte every second", "", time.Second, 5 * time.Second},
		{"SIP-19 a second message, a byte every second", message, time.Second, 11 * time.Second},
		{"an idle known peer", message, 0, 35 * time.Minute},
	} {
		t.Run(c.name, func(t *testing.T) {
			t.Parallel()
			synctest.Test(t, func(t *testing.T) {
				p := newPipes()
				client, server := connect(t, p, wire.NewListener(p, door{}, nil))
				begin := time.Now()
				var sending sync.WaitGroup
				sending.Go(func() {
					_, _ = client.Write([]byte(c.before))
					for i := 0; c.every > 0 && i < len(message); i++ {
						<-time.After(c.every)
						if _, err := client.Write([]byte{message[i]}); err != nil {
							return
						}
					}
				})
				got, err := io.ReadAll(server)
				require.NoError(t, err)
				require.Equal(t, c.before, string(got))
				require.Equal(t, c.want, time.Since(begin).Truncate(time.Second))
				_ = server.Close()
				sending.Wait()
			})
		})
	}
}

func TestHandshakeB5(t *testing.T) {
	t.Parallel()
	for _, c := range []struct{ name, sent string }{
		{"SIP-19 no TLS handshake", ""},
		{"SIP-19 half of a TLS handshake", "\x16\x03\x01\x02\x00\x01"},
	} {
		t.Run(c.name, func(t *testing.T) {
			t.Parallel()
			synctest.Test(t, func(t *testing.T) {
				p := newPipes()
				config := &tls.Config{MinVersion: tls.VersionTLS12}
				client, server := connect(t, p, wire.NewListener(p, door{}, config))
				begin := time.Now()
				var sending sync.WaitGroup
				sending.Go(func() { _, _ = client.Write([]byte(c.sent)) })
				got, err := io.ReadAll(server)
				require.NoError(t, err)
				require.Empty(t, got)
				require.Equal(t, 5*time.Second, time.Since(begin))
				_ = server.Close()
				sending.Wait()
			})
		})
	}
}

func TestStreamPing(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		p := newPipes()
		client, server := connect(t, p, wire.NewListener(p, door{}, nil))
		go func() { _, _ = io.Copy(io.Discard, server) }()
		_, err := client.Write([]byte(message + "\r\n\r\n"))
		require.NoError(t, err)
		pong := make([]byte, 2)
		_, err = io.ReadFull(client, pong)
		require.NoError(t, err)
		require.Equal(t, "\r\n", string(pong))
		_ = client.Close()
	})
}

func TestListenerB5(t *testing.T) {
	t.Parallel()
	inner, err := net.Listen("tcp", "127.0.0.1:0")
	require.NoError(t, err)
	l := wire.NewListener(inner, door{}, nil)
	accepted := make(chan int)
	go func() {
		n := 0
		for {
			if _, err := l.Accept(); err != nil {
				accepted <- n
				return
			}
			n++
		}
	}()
	var conns []net.Conn
	for range 300 {
		c, err := net.Dial("tcp", inner.Addr().String())
		require.NoError(t, err)
		defer c.Close()
		conns = append(conns, c)
	}
	for _, c := range conns[256:] { // in the order of their arrival
		_ = c.SetReadDeadline(time.Now().Add(5 * time.Second))
		n, err := c.Read(make([]byte, 1))
		require.Error(t, err, "SIP-19: one address has a limit")
		require.NotErrorIs(t, err, os.ErrDeadlineExceeded)
		require.Zero(t, n)
	}
	require.Equal(t, 256, l.Open())
	require.NoError(t, l.Close())
	require.Equal(t, 256, <-accepted)
}

func TestListenerRefusesPeers(t *testing.T) {
	t.Parallel()
	inner, err := net.Listen("tcp", "127.0.0.1:0")
	require.NoError(t, err)
	l := wire.NewListener(inner, door{peer: func(netip.Addr) bool { return false }}, nil)
	ended := make(chan error)
	go func() {
		_, err := l.Accept()
		ended <- err
	}()
	c, err := net.Dial("tcp", inner.Addr().String())
	require.NoError(t, err)
	defer c.Close()
	n, err := c.Read(make([]byte, 1))
	require.Error(t, err)
	require.Zero(t, n, "SIP-18: nothing is said")
	require.NoError(t, l.Close())
	require.ErrorIs(t, <-ended, net.ErrClosed)
}

func TestPacket(t *testing.T) {
	t.Parallel()
	inner, err := net.ListenPacket("udp", "127.0.0.1:0")
	require.NoError(t, err)
	p := wire.NewPacket(inner, func(_ netip.Addr, data []byte) bool { return !bytes.Contains(data, []byte("bad")) })
	defer p.Close()
	client, err := net.Dial("udp", inner.LocalAddr().String())
	require.NoError(t, err)
	defer client.Close()
	for _, data := range []string{"\r\n\r\n", "\x00", "bad", message} {
		_, err := client.Write([]byte(data))
		require.NoError(t, err)
	}
	buf := make([]byte, 2048)
	n, from, err := p.ReadFrom(buf)
	require.NoError(t, err)
	require.Equal(t, message, string(buf[:n]))
	require.Equal(t, client.LocalAddr().String(), from.String())
}

// source is a packet connection whose datagrams come from ever new addresses.
type source struct {
	net.PacketConn
	addr netip.Addr
}

func (s *source) ReadFrom(b []byte) (int, net.Addr, error) {
	s.addr = s.addr.Next()
	return copy(b, message), net.UDPAddrFromAddrPort(netip.AddrPortFrom(s.addr, 5060)), nil
}

func TestPacketStartsAfreshB2(t *testing.T) {
	t.Parallel()
	p := wire.NewPacket(&source{addr: netip.MustParseAddr("127.0.0.1")}, func(netip.Addr, []byte) bool { return true })
	buf := make([]byte, 2048)
	for round := range 3 {
		n := 0
		for {
			_, _, err := p.ReadFrom(buf)
			if errors.Is(err, net.ErrClosed) {
				break
			}
			require.NoError(t, err)
			n++
		}
		require.Equal(t, 16_384, n, "round %d", round)
	}
}
