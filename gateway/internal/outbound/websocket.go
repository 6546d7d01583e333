package outbound

import (
	"context"
	"crypto/tls"
	"errors"
	"fmt"
	"net"
	"net/http"
	"net/url"
	"sync/atomic"

	"github.com/gorilla/websocket"
)

// ErrWebSocketScheme refuses a URL that is neither wss nor, to an allowed
// address, ws.
var ErrWebSocketScheme = errors.New("only wss is used, and ws to addresses of VA_OUTBOUND_ALLOW_CIDRS")

var (
	errWebSocketURL    = errors.New("not a WebSocket URL")
	errWebSocketAnswer = fmt.Errorf("the answer to the upgrade has more than %d bytes", maxUpgrade)
)

// maxUpgrade is what the other end may send before the upgrade is complete, its
// certificates included.
const maxUpgrade = maxHeader + 32<<10

// UpgradeError is an answer that is no upgrade.
type UpgradeError struct{ Status int }

// Error implements error.
func (e *UpgradeError) Error() string {
	return fmt.Sprintf("the upgrade was answered with status %d", e.Status)
}

// DialWebSocket opens a WebSocket without compression, under the same rules as
// a request: wss anywhere public, ws only to allowed networks. The request has
// the headers given and no Origin. Errors never hold the URL. Errors:
// *AddressError, ErrWebSocketScheme, *UpgradeError.
func (c *Client) DialWebSocket(ctx context.Context, target string, h http.Header) (*websocket.Conn, error) {
	u, err := url.Parse(target)
	if err != nil || u.Host == "" || u.User != nil {
		return nil, errWebSocketURL
	}
	t := c.secure
	switch u.Scheme {
	case "wss":
	case "ws":
		t = c.plain
	default:
		return nil, ErrWebSocketScheme
	}
	var opened *upgrading
	d := websocket.Dialer{
		NetDialContext: func(ctx context.Context, network, address string) (net.Conn, error) {
			conn, err := t.DialContext(ctx, network, address)
			if err != nil {
				return nil, err
			}
			opened = &upgrading{Conn: conn}
			return opened, nil
		},
		TLSClientConfig: &tls.Config{
			MinVersion: t.TLSClientConfig.MinVersion, RootCAs: t.TLSClientConfig.RootCAs,
		},
		HandshakeTimeout: dialTimeout,
	}
	ws, res, err := d.DialContext(ctx, target, h)
	if res != nil {
		defer res.Body.Close()
	}
	switch {
	case errors.Is(err, websocket.ErrBadHandshake) && res != nil:
		return nil, &UpgradeError{res.StatusCode}
	case errors.Is(err, ErrScheme):
		return nil, ErrWebSocketScheme
	case err != nil:
		return nil, fmt.Errorf("open a WebSocket: %w", err)
	}
	opened.done.Store(true)
	return ws, nil
}

// upgrading is a connection that gives few bytes until it is a WebSocket: the
// library bounds the time of an answer but not its size.
type upgrading struct {
	net.Conn
	read int // by the goroutine that reads
	done atomic.Bool
}

// Read implements net.Conn.
func (u *upgrading) Read(b []byte) (int, error) {
	if u.done.Load() {
		return u.Conn.Read(b)
	}
	if u.read >= maxUpgrade {
		return 0, errWebSocketAnswer
	}
	n, err := u.Conn.Read(b)
	u.read += n
	return n, err
}
