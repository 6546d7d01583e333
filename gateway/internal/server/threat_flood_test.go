package server_test

import (
	"bytes"
	"context"
	"encoding/binary"
	"errors"
	"fmt"
	"io"
	"net"
	"net/http"
	"runtime"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/gorilla/websocket"
	"github.com/stretchr/testify/require"

	"github.com/va-gateway/terraform-provider-va/gateway/gatewaytest"
	"github.com/va-gateway/terraform-provider-va/gateway/internal/call"
	"github.com/va-gateway/terraform-provider-va/gateway/internal/channel"
	"github.com/va-gateway/terraform-provider-va/gateway/internal/protocol/twiliomedia"
)

// usage is what an attack may cost while it goes on, and must give back.
type usage struct {
	t          *testing.T
	heap       uint64
	goroutines int
}

func measure(t *testing.T) usage {
	t.Helper()
	var m runtime.MemStats
	runtime.GC()
	runtime.ReadMemStats(&m)
	return usage{t, m.HeapAlloc, runtime.NumGoroutine()}
}

// below asserts that no more than extra bytes of heap are in use above what was
// measured.
func (u usage) below(extra uint64) {
	u.t.Helper()
	require.Less(u.t, measure(u.t).heap, u.heap+extra)
}

// returned waits until as few goroutines run as at first.
func (u usage) returned() {
	u.t.Helper()
	tick := time.NewTicker(50 * time.Millisecond)
	defer tick.Stop()
	limit := time.After(patience)
	for runtime.NumGoroutine() > u.goroutines { // not Eventually, which adds goroutines of its own
		gatewaytest.HTTP.CloseIdleConnections()
		select {
		case <-tick.C:
		case <-limit:
			stacks := make([]byte, 1<<20)
			require.FailNowf(u.t, "goroutines left", "%d at first, now\n%s", u.goroutines, stacks[:runtime.Stack(stacks, true)])
		}
	}
}

func (r *rig) host() string { return strings.TrimPrefix(r.PublicURL, "http://") }

// send opens a TCP connection and sends text.
func (r *rig) send(text string) net.Conn {
	r.t.Helper()
	var d net.Dialer
	conn, err := d.DialContext(r.t.Context(), "tcp", r.host())
	require.NoError(r.t, err)
	r.t.Cleanup(func() { _ = conn.Close() })
	_, err = io.WriteString(conn, text)
	require.NoError(r.t, err)
	return conn
}

// ends waits until the gateway closes a connection.
func ends(t *testing.T, conn net.Conn, within time.Duration) {
	t.Helper()
	require.NoError(t, conn.SetReadDeadline(time.Now().Add(within)))
	_, err := io.Copy(io.Discard, conn)
	var n net.Error
	require.False(t, errors.As(err, &n) && n.Timeout(), "still open after %s", within)
}

// Two hundred upgrades that never finish their header cost nothing, keep
// nobody out, and are gone after five seconds.
func testHalfOpen(t *testing.T) {
	r := newRig(t)
	r.works()
	before := measure(t)
	var conns []net.Conn
	for range 200 {
		conns = append(conns, r.send("GET /c/twilio/"+r.a.ID+"/media/x HTTP/1.1\r\nHost: "+r.host()+
			"\r\nConnection: Upgrade\r\nUpgrade: websocket\r\nX-Slow: "))
	}
	r.works()
	before.below(16 << 20)
	for _, conn := range conns {
		ends(t, conn, 10*time.Second)
	}
	before.returned()
}

// A frame of 10 MiB is refused at its header.
func testHugeFrame(t *testing.T) {
	r := newRig(t)
	r.works()
	before := measure(t)
	ws, _, sid := r.stream()
	r.conversation()
	const size = 10 << 20
	header := []byte{0x81, 0xff, 0, 0, 0, 0, 0, 0, 0, 0, 1, 2, 3, 4} // final text, masked, 64 bit of length
	binary.BigEndian.PutUint64(header[2:10], size)
	_, err := ws.NetConn().Write(header)
	require.NoError(t, err)
	var sending sync.WaitGroup
	sending.Go(func() {
		chunk := make([]byte, 32<<10)
		for sent := 0; sent < size && err == nil; sent += len(chunk) {
			_, err = ws.NetConn().Write(chunk)
		}
	})
	require.Equal(t, websocket.CloseMessageTooBig, closeCode(t, ws))
	sending.Wait()
	require.NoError(t, ws.Close())
	before.below(8 << 20)
	require.Equal(t, string(call.ReasonLegFailed), r.record(sid).EndReason)
	r.works()
	before.returned()
}

// closeCode reads until the gateway closes the stream.
func closeCode(t *testing.T, ws *websocket.Conn) int {
	t.Helper()
	require.NoError(t, ws.SetReadDeadline(time.Now().Add(patience)))
	for {
		_, _, err := ws.ReadMessage()
		var closed *websocket.CloseError
		if errors.As(err, &closed) {
			return closed.Code
		}
		if err != nil { // reset behind the close frame, which was read before
			require.NoError(t, err)
		}
	}
}

// talk lets a caller talk to the echo engine until done is closed, and gives
// the share of frames the caller heard nothing in, once the echo had begun.
func talk(line channel.Line, done <-chan struct{}) (gaps func() float64) {
	speech := bytes.Repeat([]byte{0x11}, line.Format().FrameBytes())
	var talking sync.WaitGroup
	talking.Go(func() {
		for {
			select {
			case <-done:
				return
			default:
			}
			if line.Send(speech) != nil {
				return
			}
		}
	})
	var heard, missing int
	talking.Go(func() {
		for {
			select {
			case <-done:
				return
			case h, ok := <-line.Heard():
				switch {
				case !ok:
					return
				case !silent(h.Frame):
					heard++
				case heard > 50: // the greeting and the first echo are past
					missing++
				}
			}
		}
	})
	return func() float64 {
		talking.Wait()
		return float64(missing) / float64(max(heard+missing, 1))
	}
}

// while runs an attack during a call on the same gateway, which must keep its
// pace.
func (r *rig) while(attack func()) {
	r.t.Helper()
	line := r.dial()
	r.conversation()
	done := make(chan struct{})
	gaps := talk(line, done)
	attack()
	close(done)
	require.Less(r.t, gaps(), 0.2, "share of missing frames in a running call")
	r.hangUp(line)
}

// Ten thousand tiny frames a second for three seconds, of every kind that is
// accepted, leave memory, the other call and this one unharmed.
func testTinyFrames(t *testing.T) {
	r := newRig(t)
	r.works()
	before := measure(t)
	r.while(func() {
		ws, stream, sid := r.stream()
		conversation := r.conversation()
		var reading sync.WaitGroup
		reading.Go(func() {
			for {
				if _, _, err := ws.ReadMessage(); err != nil {
					return
				}
			}
		})
		frames := [][]byte{
			[]byte(`{}`), []byte(`{"event":"x"}`), []byte(`x`), nil,
			fmt.Appendf(nil, `{"event":"mark","streamSid":%q,"mark":{"name":"g1-1"}}`, stream),
			fmt.Appendf(nil, `{"event":"dtmf","streamSid":%q,"dtmf":{"digit":"5"}}`, stream),
			fmt.Appendf(nil, `{"event":"media","streamSid":%q,"media":{"payload":"AA=="}}`, stream),
		}
		tick := time.NewTicker(10 * time.Millisecond)
		defer tick.Stop()
		for n := range 300 {
			<-tick.C
			for i := range 100 {
				require.NoError(t, ws.WriteMessage(websocket.TextMessage, frames[(n+i)%len(frames)]))
			}
		}
		before.below(48 << 20)
		require.NoError(t, ws.WriteMessage(websocket.TextMessage,
			fmt.Appendf(nil, `{"event":"stop","streamSid":%q}`, stream)))
		<-conversation.closed
		reading.Wait()
		require.NoError(t, ws.Close())
		require.Equal(t, string(call.ReasonCallerHangup), r.record(sid).EndReason)
	})
	before.below(16 << 20)
	r.works()
	before.returned()
}

// TW-23: a thousand upgrades with bad signatures do not disturb a call.
func testJunkWhileTalking(t *testing.T) {
	r := newRig(t)
	r.works()
	before := measure(t)
	r.while(func() {
		target := strings.Replace(r.step(r.a, "media/")+newSID(), "http", "ws", 1)
		var attackers sync.WaitGroup
		for range 4 {
			attackers.Go(func() {
				for range 250 {
					d := websocket.Dialer{}
					header := http.Header{"X-Twilio-Signature": {sign("x", target, nil)}}
					_, res, err := d.DialContext(t.Context(), target, header)
					if res == nil || res.StatusCode != http.StatusForbidden {
						t.Errorf("upgrade answered with %v", err)
						return
					}
					_ = res.Body.Close()
				}
			})
		}
		attackers.Wait()
	})
	before.below(16 << 20)
	r.works()
	before.returned()
}

// A body that drips in is cut off although the request looks good so far.
func testSlowBody(t *testing.T) {
	r := newRig(t)
	form := about(newSID()).Encode()
	target := "/c/twilio/" + r.a.ID + "/voice"
	conn := r.send("POST " + target + " HTTP/1.1\r\nHost: " + r.host() +
		"\r\nContent-Type: application/x-www-form-urlencoded\r\nX-Twilio-Signature: " +
		sign(secretOf(r.b), target, nil) + fmt.Sprintf("\r\nContent-Length: %d\r\n\r\n", len(form)) + form[:10])
	ends(t, conn, 15*time.Second)
	r.works()
}

// A platform that stops reading ends its own call, and no other.
func testNeverReading(t *testing.T) {
	r := newRig(t)
	r.while(func() {
		ws, _, sid := r.streamThroughSmallBuffers()
		conversation := r.conversation()
		for range 60 { // a minute of speech: more than the buffers on the way hold
			conversation.say(call.Event{Kind: call.EventAudio, Item: "1", Data: bytes.Repeat([]byte{0x11}, 8000)})
		}
		require.Equal(t, string(call.ReasonLegStalled), r.record(sid).EndReason)
		require.NoError(t, ws.Close())
	})
	r.works()
}

// A stream that is upgraded and says nothing is closed before the engine is
// opened.
func testNeverStarting(t *testing.T) {
	r := newRig(t)
	sid := newSID()
	target := streamURL(t, r.ask(r.a, "voice", about(sid)))
	ws, _ := r.upgrade(target, sign(secretOf(r.a), target, nil))
	require.Equal(t, websocket.ClosePolicyViolation, closeCode(t, ws))
	require.Empty(t, r.opened)
	r.gaveUp(r.a, sid)
	require.NotNil(t, r.record(sid).EndedAt)
	r.works()
}

// A call that was offered and whose media never came holds up the end of the
// process no longer than the drain timeout, and its record is closed.
func testOfferedAtTheEnd(t *testing.T) {
	r := newRig(t)
	sid := newSID()
	require.NotEmpty(t, streamURL(t, r.ask(r.a, "voice", about(sid))))
	begun := time.Now()
	r.restart()
	require.Less(t, time.Since(begun), 10*time.Second)
	require.Equal(t, string(call.ReasonDrainTimeout), r.record(sid).EndReason)
	r.works()
}

// streamThroughSmallBuffers is a started stream over a connection that holds
// little on its way, so that a reader who stops is felt soon.
func (r *rig) streamThroughSmallBuffers() (ws *websocket.Conn, streamSID, callSID string) {
	r.t.Helper()
	callSID, streamSID = newSID(), "MZ"+newSID()
	target := streamURL(r.t, r.ask(r.a, "voice", about(callSID)))
	d := websocket.Dialer{NetDialContext: func(ctx context.Context, network, address string) (net.Conn, error) {
		dialer := net.Dialer{Control: smallBuffers}
		return dialer.DialContext(ctx, network, address)
	}}
	ws, res, err := d.DialContext(r.t.Context(), target,
		http.Header{"X-Twilio-Signature": {sign(secretOf(r.a), target, nil)}})
	require.NoError(r.t, err)
	require.NoError(r.t, res.Body.Close())
	r.t.Cleanup(func() { _ = ws.Close() })
	require.NoError(r.t, ws.WriteMessage(websocket.TextMessage, twiliomedia.AppendStart(nil, 1, &twiliomedia.Start{
		StreamSID: streamSID, AccountSID: account, CallSID: callSID, Format: twiliomedia.Mulaw,
	})))
	return ws, streamSID, callSID
}
