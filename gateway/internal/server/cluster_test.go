package server_test

import (
	"crypto/rand"
	"net/http"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"github.com/gorilla/websocket"
	"github.com/stretchr/testify/require"

	"github.com/va-gateway/terraform-provider-va/gateway/api"
	"github.com/va-gateway/terraform-provider-va/gateway/gatewaytest"
	"github.com/va-gateway/terraform-provider-va/gateway/internal/call"
	"github.com/va-gateway/terraform-provider-va/gateway/internal/protocol/twiliomedia"
	"github.com/va-gateway/terraform-provider-va/gateway/internal/store/storetest/pgtest"
)

// TestCluster is two gateways on one PostgreSQL, over real sockets.
func TestCluster(t *testing.T) {
	t.Parallel()
	for _, tt := range []struct {
		name string
		run  func(*testing.T)
	}{
		{"a write is served everywhere by polling", testPolled},
		{"a write is announced", testAnnounced},
		{"SEC-03 old and new credentials on every node", testRotationEverywhere},
		{"TW-06 answered by any gateway process", testAnyNode},
		{"TW-16 webhook repeated to another node", testRepeatedElsewhere},
		{"a call that is given up is ended by any node", testGivenUpElsewhere},
		{"a ticket has one winner", testTicketRace},
		{"no stickiness is needed", testBalanced},
		{"calls of a dead node are closed", testDeadNode},
	} {
		t.Run(tt.name, func(t *testing.T) {
			t.Parallel()
			tt.run(t)
		})
	}
}

// pollLimit is how soon a change is served everywhere, announced or not.
const pollLimit = 2500 * time.Millisecond

func testPolled(t *testing.T) {
	dsn := pgtest.DSN(t)
	p := newPair(t, dsn, dsn, gatewaytest.WithoutListen())
	c := p.a.channel(p.a.assistant())
	require.Eventually(t, func() bool { return p.b.answers(c) }, pollLimit, 20*time.Millisecond)
	require.NotContains(t, p.b.Log(), "announced")
}

func testAnnounced(t *testing.T) {
	dsn := pgtest.DSN(t)
	p := newPair(t, dsn, dsn)
	assistant := p.a.assistant()
	for range 4 { // by polling alone, one of them would take longer
		c := p.a.channel(assistant)
		require.Eventually(t, func() bool { return p.b.answers(c) }, time.Second, 10*time.Millisecond)
	}
}

func testRotationEverywhere(t *testing.T) {
	const overlap = 5 * time.Second
	dsn := pgtest.DSN(t)
	p := newPair(t, dsn, dsn)
	begun := time.Now()
	renewed := p.a.rotate(p.a.a, overlap)
	for _, r := range []*rig{p.a, p.b} {
		require.Eventually(t, func() bool { return r.answers(renewed) }, pollLimit, 20*time.Millisecond, "the new one")
		require.True(t, r.answers(p.a.a), "the old one")
	}
	require.Less(t, time.Since(begun), overlap)
	for _, r := range []*rig{p.a, p.b} {
		require.Eventually(t, func() bool { return !r.answers(p.a.a) }, overlap+time.Second, 50*time.Millisecond)
		require.GreaterOrEqual(t, time.Since(begun), overlap)
		require.True(t, r.answers(renewed))
	}
}

// The webhook comes to one node, the stream to the other, and whichever is asked
// what comes next knows it, although the stream's end is no second old.
func testAnyNode(t *testing.T) {
	dsn := pgtest.DSN(t)
	p := newPair(t, dsn, dsn)
	for _, asked := range []*rig{p.a, p.b} {
		sid, stream := newSID(), "MZ"+rand.Text()
		target := streamURL(t, p.a.ask(p.a.a, "voice", about(sid, "FromCity", "Graz")))
		ws, status := p.b.upgrade(target, sign(secretOf(p.a.a), target, nil))
		require.Equal(t, http.StatusSwitchingProtocols, status)
		require.NoError(t, ws.WriteMessage(websocket.TextMessage, startOf(sid, stream)))
		conversation := p.b.conversation()
		require.Equal(t, "Graz", conversation.config.Vars["from_city"])
		require.Empty(t, p.a.opened)
		conversation.say(call.Event{
			Kind: call.EventToolCall, ID: "t", Name: call.ToolTransfer, Args: `{"destination":"desk"}`,
		})
		echoMarks(t, ws, stream)

		require.Contains(t, asked.ask(p.a.a, "connect-action", about(sid)), "sip:desk@example.com")
		asked.ask(p.a.a, "dial-action", about(sid, "DialCallStatus", "completed"))
		record := p.a.record(sid)
		require.Equal(t, string(call.OutcomeTransferred), record.Outcome)
		require.Equal(t, fromNumber, record.From)
		require.Eventually(t, func() bool {
			record = p.b.record(sid)
			return record.State == api.CallEnded && record.Transfer.Result == "completed"
		}, patience, 20*time.Millisecond)
	}
	// The places on the node that only offered the calls are free again.
	require.Eventually(t, func() bool {
		var g api.Gateway
		return p.a.Client.Get(t.Context(), "/v1/gateway", &g) == nil && g.Calls.Active == 0
	}, patience, 100*time.Millisecond)
}

func startOf(sid, stream string) []byte {
	return twiliomedia.AppendStart(nil, 1, &twiliomedia.Start{
		StreamSID: stream, AccountSID: account, CallSID: sid, Format: twiliomedia.Mulaw,
	})
}

// echoMarks plays the platform's part until the gateway ends the stream.
func echoMarks(t *testing.T, ws *websocket.Conn, stream string) {
	t.Helper()
	require.NoError(t, ws.SetReadDeadline(time.Now().Add(patience)))
	for {
		var m struct {
			Event string
			Mark  struct{ Name string }
		}
		if err := ws.ReadJSON(&m); err != nil {
			require.True(t, websocket.IsCloseError(err, websocket.CloseNormalClosure), "%v", err)
			return
		}
		if m.Event == "mark" {
			require.NoError(t, ws.WriteJSON(map[string]any{
				"event": "mark", "streamSid": stream, "mark": map[string]string{"name": m.Mark.Name},
			}))
		}
	}
}

// The platform repeats its request, and the balancer sends it elsewhere.
func testRepeatedElsewhere(t *testing.T) {
	dsn := pgtest.DSN(t)
	p := newPair(t, dsn, dsn)
	sid := newSID()
	first := streamURL(t, p.a.ask(p.a.a, "voice", about(sid)))
	second := streamURL(t, p.b.ask(p.a.a, "voice", about(sid)))
	require.NotEmpty(t, second)
	require.Equal(t, http.StatusForbidden, p.a.open(first), "the older ticket is void")
	ws, status := p.a.upgrade(second, sign(secretOf(p.a.a), second, nil))
	require.Equal(t, http.StatusSwitchingProtocols, status)
	require.NoError(t, ws.WriteMessage(websocket.TextMessage, startOf(sid, "MZ1")))
	p.a.conversation()

	// A third one, when the call is live, gets no second stream.
	if third := streamURL(t, p.b.ask(p.a.a, "voice", about(sid))); third != "" {
		late, status := p.b.upgrade(third, sign(secretOf(p.a.a), third, nil))
		require.Equal(t, http.StatusSwitchingProtocols, status)
		require.NoError(t, late.WriteMessage(websocket.TextMessage, startOf(sid, "MZ2")))
		require.Equal(t, websocket.ClosePolicyViolation, closeCode(t, late))
	}
	require.Empty(t, p.b.opened)
	require.NoError(t, ws.Close())
	require.NotNil(t, p.b.record(sid).EndedAt, "one row, or record would not find it")
}

func testGivenUpElsewhere(t *testing.T) {
	dsn := pgtest.DSN(t)
	p := newPair(t, dsn, dsn)
	sid := newSID()
	target := streamURL(t, p.a.ask(p.a.a, "voice", about(sid)))
	p.b.giveUp(p.a.a, sid)
	require.Equal(t, string(call.ReasonCallerHangup), p.a.record(sid).EndReason)
	for _, r := range []*rig{p.a, p.b} {
		if ws, status := r.upgrade(target, sign(secretOf(p.a.a), target, nil)); status == http.StatusSwitchingProtocols {
			require.NoError(t, ws.WriteMessage(websocket.TextMessage, startOf(sid, "MZ1")))
			require.Equal(t, websocket.ClosePolicyViolation, closeCode(t, ws))
		}
		require.Empty(t, r.opened)
	}
	require.Equal(t, string(call.ReasonCallerHangup), p.b.record(sid).EndReason)
}

func testTicketRace(t *testing.T) {
	dsn := pgtest.DSN(t)
	p := newPair(t, dsn, dsn)
	for range 3 {
		target := streamURL(t, p.a.ask(p.a.a, "voice", about(newSID())))
		var won, refused atomic.Int64
		var racing sync.WaitGroup
		start := make(chan struct{})
		for n := range 8 {
			racing.Go(func() {
				<-start
				switch status := []*rig{p.a, p.b}[n%2].open(target); status {
				case http.StatusSwitchingProtocols:
					won.Add(1)
				case http.StatusForbidden:
					refused.Add(1)
				default:
					t.Errorf("answered with %d", status)
				}
			})
		}
		close(start)
		racing.Wait()
		require.EqualValues(t, 1, won.Load())
		require.EqualValues(t, 7, refused.Load())
	}
}

func testBalanced(t *testing.T) {
	dsn := pgtest.DSN(t)
	p := newPair(t, dsn, dsn)
	for range 3 {
		line := p.a.dial()
		select {
		case <-p.a.opened:
		case <-p.b.opened:
		case <-time.After(patience):
			require.FailNow(t, "the engine was not opened")
		}
		require.Equal(t, string(call.ReasonCallerHangup), p.b.hangUp(line).EndReason)
	}
}

// A node whose way to the database is cut is dead for the others, whatever it
// does.
func testDeadNode(t *testing.T) {
	dsn := pgtest.DSN(t)
	link := pgtest.NewLink(t, dsn)
	p := newPair(t, link.URL, dsn, gatewaytest.WithLease(100*time.Millisecond, time.Second))
	running, offered := newSID(), newSID()
	target := streamURL(t, p.a.ask(p.a.a, "voice", about(running)))
	ws, status := p.a.upgrade(target, sign(secretOf(p.a.a), target, nil))
	require.Equal(t, http.StatusSwitchingProtocols, status)
	require.NoError(t, ws.WriteMessage(websocket.TextMessage, startOf(running, "MZ1")))
	p.a.conversation()
	p.a.ask(p.a.a, "voice", about(offered))

	cut := time.Now()
	link.Cut()
	for _, sid := range []string{running, offered} {
		record := p.b.record(sid)
		require.Equal(t, string(call.ReasonGatewayLost), record.EndReason)
		require.Equal(t, api.CallEnded, record.State)
	}
	require.Greater(t, time.Since(cut), 800*time.Millisecond, "not before the lease is void")
	require.NoError(t, ws.Close())
	target = streamURL(t, p.b.ask(p.a.a, "voice", about(newSID())))
	require.Equal(t, http.StatusSwitchingProtocols, p.b.open(target))
}
