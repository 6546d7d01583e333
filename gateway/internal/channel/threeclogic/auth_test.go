package threeclogic

import (
	"encoding/base64"
	"io"
	"net/http"
	"strings"
	"testing"
	"time"

	"github.com/gorilla/websocket"
	"github.com/stretchr/testify/require"

	"github.com/va-gateway/terraform-provider-va/gateway/api"
	"github.com/va-gateway/terraform-provider-va/gateway/internal/channel"
)

func basicHeader(id, secret string) http.Header {
	return http.Header{"Authorization": {"Basic " + base64.StdEncoding.EncodeToString([]byte(id+":"+secret))}}
}

func bearer(token string) http.Header { return http.Header{"Authorization": {"Bearer " + token}} }

func ticketHeader(ticket string) http.Header {
	return http.Header{"Sec-Websocket-Protocol": {"va.v1, va.ticket." + ticket}}
}

// answer is what an upgrade request gets.
type answer struct {
	status int
	header http.Header
	body   string
}

// knock asks for a stream and gives the answer.
func knock(t *testing.T, url string, header http.Header) answer {
	t.Helper()
	ws, res, err := websocket.DefaultDialer.DialContext(t.Context(), strings.Replace(url, "http", "ws", 1), header)
	if err == nil {
		_ = ws.Close()
	} else {
		require.ErrorIs(t, err, websocket.ErrBadHandshake)
	}
	defer res.Body.Close()
	text, err := io.ReadAll(res.Body)
	require.NoError(t, err)
	res.Header.Del("Date")
	return answer{res.StatusCode, res.Header, string(text)}
}

func all(c *api.ThreeCLogicChannel) {
	c.AuthMethods = []string{
		api.ThreeCLogicBearer, api.ThreeCLogicBasic, api.ThreeCLogicHeaders, api.ThreeCLogicTicket,
	}
}

// testRefusedBeforeUpgrade is every credential that is not good, in every
// method.
func testRefusedBeforeUpgrade(t *testing.T) {
	g := newGateway(all)
	url := g.listen(t, nil)
	expired := mint(testSecret, testChannel, time.Now().Add(-time.Second))
	foreign := mint(testSecret, "chn_other", time.Now().Add(time.Minute))
	idAndSecret := func(id, secret string) http.Header {
		return http.Header{headerID: {id}, headerSecret: {secret}}
	}
	for _, tt := range []struct {
		name   string
		header http.Header
		want   int
	}{
		{"none", nil, 401},
		{"unknown scheme", http.Header{"Authorization": {"Digest a"}}, 401},
		{"bearer, empty", bearer(""), 401},
		{"bearer, wrong, expired or revoked", bearer("bad.token"), 401},
		{"bearer, other scope", bearer(narrowToken), 403},
		{"basic, wrong", basicHeader(testClient, "wrong"), 401},
		{"basic, other channel's", basicHeader("other", testSecret), 401},
		{"basic, not base64", http.Header{"Authorization": {"Basic *"}}, 401},
		{"basic, guessed too often", basicHeader("guesser", "x"), 429},
		{"headers, wrong", idAndSecret(testClient, "wrong"), 401},
		{"headers, other channel's", idAndSecret("other", testSecret), 401},
		{"headers, half", http.Header{headerID: {testClient}}, 401},
		{"ticket, wrong", ticketHeader("wrong"), 401},
		{"ticket, expired", ticketHeader(expired), 401},
		{"ticket, other channel's", ticketHeader(foreign), 401},
		{"two methods", func() http.Header {
			h := basicHeader(testClient, testSecret)
			h.Add("Authorization", "Bearer "+testToken)
			return h
		}(), 400},
		{"headers beside basic", func() http.Header {
			h := basicHeader(testClient, testSecret)
			h.Set(headerID, testClient)
			return h
		}(), 400},
		{"an origin", func() http.Header {
			h := basicHeader(testClient, testSecret)
			h.Set("Origin", "https://example.com")
			return h
		}(), 403},
	} {
		t.Run(tt.name, func(t *testing.T) {
			got := knock(t, url, tt.header)
			require.Equal(t, tt.want, got.status)
			require.Empty(t, got.body)
			require.Equal(t, tt.want == 401, got.header.Get("WWW-Authenticate") == `Bearer, Basic realm="va"`)
			require.Equal(t, tt.want == 429, got.header.Get("Retry-After") == "2")
		})
	}
	for _, name := range []string{"client_secret", "token", "Access_Token", "authorization"} {
		require.Equal(t, 400, knock(t, url+"?x=1&"+name+"="+testSecret, basicHeader(testClient, testSecret)).status)
	}
	plain, err := http.NewRequestWithContext(t.Context(), http.MethodGet, url, nil)
	require.NoError(t, err)
	res, err := http.DefaultTransport.RoundTrip(plain)
	require.NoError(t, err)
	require.NoError(t, res.Body.Close())
	require.Equal(t, 400, res.StatusCode)
	require.Zero(t, g.calls(), "the engine was never dialled")
	g.mu.Lock()
	defer g.mu.Unlock()
	for _, r := range g.refusals {
		require.NotContains(t, r.Detail, testSecret)
	}
	require.NotContains(t, g.logs.String(), testSecret)
}

// testUnknownChannel compares the answers, and the work done for them.
func testUnknownChannel(t *testing.T) {
	g := newGateway(all)
	known := g.listen(t, nil)
	unknown := strings.Replace(known, testChannel, "chn_01JD8Z6V5B3W3T1H6R4M0X7Q2P", 1)
	for name, header := range map[string]http.Header{
		"none": nil, "bearer": bearer("x"), "basic": basicHeader("x", "y"), "good basic": basicHeader("other", testSecret),
		"headers": {headerID: {"x"}, headerSecret: {"y"}}, "ticket": ticketHeader("x"),
	} {
		before := g.work()
		one := knock(t, known, header)
		between := g.work()
		other := knock(t, unknown, header)
		require.Equal(t, one, other, name)
		require.Equal(t, between-before, g.work()-between, "the same work: %s", name)
	}
}

// testMethods: what a channel allows, and nothing else.
func testMethods(t *testing.T) {
	g := newGateway(nil)
	g.serve = hold
	url := g.listen(t, &quick)
	ticket := func() http.Header {
		return ticketHeader(mint(testSecret, testChannel, time.Now().Add(time.Minute)))
	}
	heads := http.Header{headerID: {testClient}, headerSecret: {testSecret}}
	for range 2 {
		require.Equal(t, 101, knock(t, url, bearer(testToken)).status)
		require.Equal(t, 101, knock(t, url, basicHeader(testClient, testSecret)).status)
	}
	require.Equal(t, 401, knock(t, url, heads).status)
	require.Equal(t, 401, knock(t, url, ticket()).status)

	g.configure(func(c *api.ThreeCLogicChannel) {
		c.AuthMethods = []string{api.ThreeCLogicHeaders, api.ThreeCLogicTicket}
	})
	require.Equal(t, 401, knock(t, url, bearer(testToken)).status)
	require.Equal(t, 401, knock(t, url, basicHeader(testClient, testSecret)).status)
	require.Equal(t, 101, knock(t, url, heads).status)
	got := knock(t, url, ticket())
	require.Equal(t, 101, got.status)
	require.Equal(t, "va.v1", got.header.Get("Sec-Websocket-Protocol"), "the ticket is never repeated")
}

// testTickets: once, on one node, within a minute.
func testTickets(t *testing.T) {
	g := newGateway(all)
	g.serve = hold
	now := time.Now()
	g.now = func() time.Time { g.mu.Lock(); defer g.mu.Unlock(); return now }
	here, there := g.listen(t, &quick), g.listen(t, &quick) // two nodes on one database
	ticket := func() string { return mint(testSecret, testChannel, now.Add(ticketLife)) }
	first := ticket()
	require.Equal(t, 101, knock(t, here, ticketHeader(first)).status)
	require.Equal(t, 401, knock(t, here, ticketHeader(first)).status)
	require.Equal(t, 401, knock(t, there, ticketHeader(first)).status)
	second := ticket()
	require.Equal(t, 101, knock(t, there, ticketHeader(second)).status)
	late := ticket()
	g.mu.Lock()
	now = now.Add(ticketLife + time.Second)
	g.mu.Unlock()
	require.Equal(t, 401, knock(t, here, ticketHeader(late)).status)
	require.NotContains(t, g.logged(), first)
}

// testFull: no place, or none at this time.
func testFull(t *testing.T) {
	g := newGateway(nil)
	url := g.listen(t, nil)
	for _, tt := range []struct {
		err    error
		reason string
	}{
		{channel.ErrDraining, "draining"},
		{channel.ErrBusy, "gateway_call_limit"},
		{channel.ErrChannelBusy, "channel_call_limit"},
		{channel.ErrInactive, "inactive"},
		{io.ErrUnexpectedEOF, reasonUnavailable},
	} {
		g.hold = func() error { return tt.err }
		got := knock(t, url, basicHeader(testClient, testSecret))
		require.Equal(t, 503, got.status)
		require.Equal(t, "1", got.header.Get("Retry-After"))
		require.Equal(t, tt.reason, g.lastRefusal().Reason)
	}
	require.Zero(t, g.calls())
}

// Vector 1: the secret of RFC 6749 section 2.3.1.
func TestBasicVector(t *testing.T) {
	t.Parallel()
	id, secret, ok := channel.Basic("Basic dmFfY2xfMTpwJTI1JTJGJTJCK3E=")
	require.True(t, ok)
	require.Equal(t, "va_cl_1", id)
	require.Equal(t, "p%/+ q", secret)
	_, got, ok := channel.Basic("Basic " + base64.StdEncoding.EncodeToString([]byte("va_cl_1:p%/+ q")))
	require.False(t, ok && got == "p%/+ q", "the secret without encoding")
}
