package outbound

import (
	"bytes"
	"context"
	"crypto/x509"
	"encoding/binary"
	"errors"
	"io"
	"net"
	"net/http"
	"net/http/httptest"
	"net/netip"
	"net/url"
	"sync/atomic"
	"testing"

	"github.com/stretchr/testify/require"
	"go.uber.org/goleak"
)

func TestMain(m *testing.M) { goleak.VerifyTestMain(m) }

var loopback = []netip.Prefix{netip.MustParsePrefix("127.0.0.0/8")}

// target counts the connections it gets; it must see none that is refused.
type target struct {
	*httptest.Server
	connections atomic.Int64
}

func listen(t *testing.T, encrypted bool, h http.HandlerFunc) *target {
	t.Helper()
	s := &target{Server: httptest.NewUnstartedServer(h)}
	s.Config.ConnState = func(_ net.Conn, state http.ConnState) {
		if state == http.StateNew {
			s.connections.Add(1)
		}
	}
	if encrypted {
		s.StartTLS()
	} else {
		s.Start()
	}
	t.Cleanup(s.Close)
	return s
}

func (s *target) port() string {
	u, _ := url.Parse(s.URL)
	return u.Port()
}

func (s *target) roots() *x509.CertPool {
	if s.TLS == nil {
		return nil
	}
	pool := x509.NewCertPool()
	pool.AddCert(s.Certificate())
	return pool
}

func get(t *testing.T, c *Client, url string) (int, []byte, error) {
	t.Helper()
	t.Cleanup(c.Close)
	r, err := http.NewRequestWithContext(t.Context(), http.MethodGet, url, nil)
	require.NoError(t, err)
	res, err := c.Do(r)
	if err != nil {
		return 0, nil, err
	}
	defer res.Body.Close()
	body, err := io.ReadAll(res.Body)
	return res.StatusCode, body, err
}

func hello(w http.ResponseWriter, _ *http.Request) { _, _ = io.WriteString(w, "hello") }

// names answers every question for an IPv4 address with the next of the
// given ones, the last one for ever, and counts the questions.
type names struct {
	answers []netip.Addr
	asked   atomic.Int64
}

func (n *names) resolver(t *testing.T) *net.Resolver {
	t.Helper()
	server, err := net.ListenPacket("udp", "127.0.0.1:0")
	require.NoError(t, err)
	done := make(chan struct{})
	t.Cleanup(func() {
		_ = server.Close()
		<-done
	})
	go func() {
		defer close(done)
		question := make([]byte, 512)
		for {
			size, from, err := server.ReadFrom(question)
			if err != nil {
				return
			}
			_, _ = server.WriteTo(n.reply(question[:size]), from)
		}
	}()
	return &net.Resolver{
		PreferGo: true,
		Dial: func(ctx context.Context, _, _ string) (net.Conn, error) {
			return (&net.Dialer{}).DialContext(ctx, "udp", server.LocalAddr().String())
		},
	}
}

// reply is an answer as of RFC 1035 section 4.1, without a time to live.
func (n *names) reply(question []byte) []byte {
	end := 12 + bytes.IndexByte(question[12:], 0) + 1
	kind := binary.BigEndian.Uint16(question[end:])
	reply := append(bytes.Clone(question[:2]), 0x81, 0x80, 0, 1, 0, 0, 0, 0, 0, 0)
	reply = append(reply, question[12:end+4]...)
	if kind != 1 { // only A records are known
		return reply
	}
	address := n.answers[min(int(n.asked.Add(1)), len(n.answers))-1].As4()
	reply[7] = 1
	reply = append(reply, 0xc0, 12, 0, 1, 0, 1, 0, 0, 0, 0, 0, 4)
	return append(reply, address[:]...)
}

// TestThreat is row 15 of the threat table: whoever may name an address makes
// the gateway ask inward.
func TestThreat(t *testing.T) {
	t.Parallel()
	for _, tt := range []struct {
		name string
		run  func(*testing.T)
	}{
		{"15 inward addresses in any spelling", testInward},
		{"15 a name that answers differently when it is dialled", testRebinding},
		{"15 redirects inward", testRedirects},
		{"15 plain http", testPlainHTTP},
	} {
		t.Run(tt.name, func(t *testing.T) {
			t.Parallel()
			tt.run(t)
		})
	}
}

func testInward(t *testing.T) {
	self := []netip.Addr{netip.MustParseAddr("127.0.0.1")}
	for _, encrypted := range []bool{true, false} {
		s := listen(t, encrypted, hello)
		scheme := "http://"
		if encrypted {
			scheme = "https://"
		}
		for _, host := range []string{
			"127.0.0.1", "127.0.0.2", "[::1]", "[::ffff:127.0.0.1]", "[::ffff:7f00:1]", "0.0.0.0", "[::]", "localhost",
			"0", "2130706433", "0x7f000001", "0177.0.0.1", "127.1", "rebind.example",
			"10.0.0.1", "192.168.0.1", "169.254.169.254", "100.64.0.1", "[fe80::1]", "[fd00::1]", "224.0.0.1",
			"[64:ff9b::7f00:1]", "user:password@127.0.0.1",
		} {
			t.Run(scheme+host, func(t *testing.T) {
				t.Parallel()
				c := newClient(nil, s.roots(), (&names{answers: self}).resolver(t))
				_, _, err := get(t, c, scheme+host+":"+s.port()+"/?token=hunter2")
				var refused *AddressError
				var unresolved *net.DNSError // odd spellings: only some resolvers take them for addresses
				require.True(t, errors.As(err, &refused) || errors.As(err, &unresolved), err)
				require.NotContains(t, err.Error(), "hunter2")
				require.NotContains(t, err.Error(), "password")
				require.Zero(t, s.connections.Load())
			})
		}
	}
}

func testRebinding(t *testing.T) {
	s := listen(t, true, hello)
	n := &names{answers: []netip.Addr{netip.MustParseAddr("8.8.8.8"), netip.MustParseAddr("127.0.0.1")}}
	resolver := n.resolver(t)
	seen, err := resolver.LookupNetIP(t.Context(), "ip4", "rebind.example")
	require.NoError(t, err)
	require.Empty(t, problem(seen[0]), "whoever checks the name only sees a public address")

	_, _, err = get(t, newClient(nil, s.roots(), resolver), "https://rebind.example:"+s.port())
	var refused *AddressError
	require.ErrorAs(t, err, &refused)
	require.Equal(t, "127.0.0.1", refused.Addr.String())
	require.Zero(t, s.connections.Load())
}

func TestAllowedAddresses(t *testing.T) {
	t.Parallel()
	t.Run("https", func(t *testing.T) {
		t.Parallel()
		s := listen(t, true, hello)
		status, body, err := get(t, New(loopback, s.roots()), s.URL)
		require.NoError(t, err)
		require.Equal(t, http.StatusOK, status)
		require.Equal(t, "hello", string(body))
	})
	t.Run("http", func(t *testing.T) {
		t.Parallel()
		s := listen(t, false, hello)
		status, _, err := get(t, New(loopback, nil), s.URL)
		require.NoError(t, err)
		require.Equal(t, http.StatusOK, status)
	})
	t.Run("as IPv4-mapped IPv6", func(t *testing.T) {
		t.Parallel()
		s := listen(t, false, hello)
		_, _, err := get(t, New(loopback, nil), "http://[::ffff:127.0.0.1]:"+s.port())
		require.NoError(t, err)
	})
	t.Run("others stay refused", func(t *testing.T) {
		t.Parallel()
		_, _, err := get(t, New(loopback, nil), "https://[::1]:1")
		var refused *AddressError
		require.ErrorAs(t, err, &refused)
	})
	t.Run("a certificate nobody vouches for", func(t *testing.T) {
		t.Parallel()
		s := listen(t, true, hello)
		_, _, err := get(t, New(loopback, nil), s.URL)
		var unknown x509.UnknownAuthorityError
		require.ErrorAs(t, err, &unknown)
	})
}

func testPlainHTTP(t *testing.T) {
	require.ErrorIs(t, check("8.8.8.8:80", nil, false), ErrScheme)
	require.NoError(t, check("8.8.8.8:443", nil, true))
	require.NoError(t, check("8.8.8.8:80", []netip.Prefix{netip.MustParsePrefix("8.8.8.0/24")}, false))
	for _, scheme := range []string{"ftp", "file", "gopher", "ws"} {
		_, _, err := get(t, New(loopback, nil), scheme+"://127.0.0.1/")
		require.ErrorIs(t, err, ErrScheme)
	}
}

func testRedirects(t *testing.T) {
	inner := listen(t, false, hello)
	s := listen(t, false, func(w http.ResponseWriter, r *http.Request) {
		http.Redirect(w, r, inner.URL, http.StatusTemporaryRedirect)
	})
	status, _, err := get(t, New(loopback, nil), s.URL)
	require.NoError(t, err)
	require.Equal(t, http.StatusTemporaryRedirect, status)
	require.Zero(t, inner.connections.Load())
}

func TestAnswersAreBounded(t *testing.T) {
	t.Parallel()
	s := listen(t, false, func(w http.ResponseWriter, _ *http.Request) {
		chunk := make([]byte, 64<<10)
		for range 2 * MaxAnswer / len(chunk) {
			if _, err := w.Write(chunk); err != nil {
				return
			}
		}
	})
	_, body, err := get(t, New(loopback, nil), s.URL)
	var tooLarge *http.MaxBytesError
	require.ErrorAs(t, err, &tooLarge)
	require.Len(t, body, MaxAnswer)
}

// A proxy named in the environment would see, and could change, everything.
func TestNoProxyFromTheEnvironment(t *testing.T) {
	t.Parallel()
	c := New(nil, nil)
	require.Nil(t, c.secure.Proxy)
	require.Nil(t, c.plain.Proxy)
	require.Equal(t, timeout, c.http.Timeout)
}
