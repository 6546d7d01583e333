package outbound

import (
	"bytes"
	"context"
	"errors"
	"net/http"
	"net/http/httptest"
	"net/netip"
	"strings"
	"testing"
	"time"

	"github.com/gorilla/websocket"
	"github.com/stretchr/testify/require"
)

// echoing upgrades, and tells the headers of the request and then what it reads.
func echoing(w http.ResponseWriter, r *http.Request) {
	u := websocket.Upgrader{}
	ws, err := u.Upgrade(w, r, nil)
	if err != nil {
		return
	}
	defer ws.Close()
	var header bytes.Buffer
	_ = r.Header.Write(&header)
	_ = ws.WriteMessage(websocket.TextMessage, header.Bytes())
	_, msg, err := ws.ReadMessage()
	if err == nil {
		_ = ws.WriteMessage(websocket.TextMessage, msg)
	}
}

func TestWebSocketsFollowTheRulesOfRequests(t *testing.T) {
	t.Parallel()
	plain, secure := listen(t, false, echoing), listen(t, true, echoing)
	for _, c := range []struct {
		name   string
		server *target
		allow  []netip.Prefix
		url    string
		want   error
		banned bool
	}{
		{name: "plain to an allowed address", server: plain, allow: loopback, url: "ws://127.0.0.1:"},
		{name: "encrypted to an allowed address", server: secure, allow: loopback, url: "wss://127.0.0.1:"},
		{name: "plain to loopback", server: plain, url: "ws://127.0.0.1:", banned: true},
		{name: "encrypted to loopback", server: secure, url: "wss://127.0.0.1:", banned: true},
		{name: "by a name", server: plain, url: "ws://localhost:", banned: true},
		{name: "another scheme", server: plain, allow: loopback, url: "http://127.0.0.1:", want: ErrWebSocketScheme},
		{name: "user information", server: plain, allow: loopback, url: "ws://a:b@127.0.0.1:", want: errWebSocketURL},
	} {
		t.Run(c.name, func(t *testing.T) {
			t.Parallel()
			client := New(c.allow, c.server.roots())
			before := c.server.connections.Load()
			ws, err := client.DialWebSocket(t.Context(), c.url+c.server.port()+"/path?secret", http.Header{"X-Own": {"1"}})
			if c.want != nil || c.banned {
				var address *AddressError
				require.Equal(t, c.banned, errors.As(err, &address))
				require.True(t, c.banned || errors.Is(err, c.want), "%v", err)
				require.NotContains(t, err.Error(), "secret")
				require.Equal(t, before, c.server.connections.Load())
				return
			}
			require.NoError(t, err)
			defer ws.Close()
			_, header, err := ws.ReadMessage()
			require.NoError(t, err)
			require.Contains(t, string(header), "X-Own: 1")
			require.NotContains(t, string(header), "Origin")
			require.NotContains(t, string(header), "Sec-Websocket-Extensions")
			long := bytes.Repeat([]byte{'a'}, 2*maxUpgrade)
			require.NoError(t, ws.WriteMessage(websocket.TextMessage, long))
			_, msg, err := ws.ReadMessage()
			require.NoError(t, err)
			require.Equal(t, long, msg, "the bound is that of the upgrade only")
		})
	}
}

func TestPlainWebSocketsToPublicAddressesAreRefused(t *testing.T) {
	t.Parallel()
	n := &names{answers: []netip.Addr{netip.MustParseAddr("93.184.215.14")}}
	client := newClient(nil, nil, n.resolver(t))
	_, err := client.DialWebSocket(t.Context(), "ws://bot.example.com/", nil)
	require.ErrorIs(t, err, ErrWebSocketScheme)
}

func TestUpgradesThatAreRefusedOrNeverEnd(t *testing.T) {
	t.Parallel()
	client := New(loopback, nil)
	url := func(s *httptest.Server) string { return "ws" + strings.TrimPrefix(s.URL, "http") + "/secret" }

	refused := listen(t, false, func(w http.ResponseWriter, _ *http.Request) { w.WriteHeader(http.StatusForbidden) })
	_, err := client.DialWebSocket(t.Context(), url(refused.Server), nil)
	var upgrade *UpgradeError
	require.ErrorAs(t, err, &upgrade)
	require.Equal(t, http.StatusForbidden, upgrade.Status)

	redirecting := listen(t, false, func(w http.ResponseWriter, r *http.Request) {
		http.Redirect(w, r, "/elsewhere", http.StatusFound)
	})
	_, err = client.DialWebSocket(t.Context(), url(redirecting.Server), nil)
	require.ErrorAs(t, err, &upgrade)
	require.EqualValues(t, 1, redirecting.connections.Load())

	endless := listen(t, false, func(w http.ResponseWriter, _ *http.Request) {
		conn, _, err := http.NewResponseController(w).Hijack()
		if err != nil {
			return
		}
		defer conn.Close()
		line := []byte("HTTP/1.1 101 Switching Protocols\r\n")
		for err == nil {
			_, err = conn.Write(line)
			line = []byte("A: " + strings.Repeat("a", 1000) + "\r\n")
		}
	})
	_, err = client.DialWebSocket(t.Context(), url(endless.Server), nil)
	require.ErrorIs(t, err, errWebSocketAnswer)

	hold := make(chan struct{})
	silent := listen(t, false, func(http.ResponseWriter, *http.Request) { <-hold })
	defer close(hold)
	ctx, cancel := context.WithTimeout(t.Context(), 50*time.Millisecond)
	defer cancel()
	_, err = client.DialWebSocket(ctx, url(silent.Server), nil)
	require.Error(t, err)
	require.NotContains(t, err.Error(), "secret")
}
