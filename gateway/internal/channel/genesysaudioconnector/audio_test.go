package genesysaudioconnector

import (
	"bytes"
	"context"
	"net/http"
	"net/http/httptest"
	"runtime"
	"strings"
	"testing"
	"time"

	"github.com/gorilla/websocket"
	"github.com/stretchr/testify/require"

	"github.com/va-gateway/terraform-provider-va/gateway/internal/call"
	"github.com/va-gateway/terraform-provider-va/gateway/internal/protocol/audiohook"
)

func TestEcho(t *testing.T) {
	t.Parallel()
	t.Run("GA-15 a tone comes back bit by bit", func(t *testing.T) {
		t.Parallel()
		virtual(t, func(t *testing.T, b *bundle) {
			c, conv := b.dialVirtual(t, false)
			want := tone(5 * time.Second)
			for data := want; len(data) > 0; data = data[1600:] {
				require.NoError(t, c.Audio(data[:1600]))
				c.pass(t, 200*time.Millisecond)
			}
			require.True(t, bytes.Equal(want, conv.audio()))
			conv.say("1", conv.audio())
			c.pass(t, 6*time.Second)
			require.True(t, bytes.Equal(want, c.heard()))
			c.bye(t)
		})
	})
}

// Sizes that nobody promised.
func TestSizes(t *testing.T) {
	t.Parallel()
	t.Run("GA-14 0, 1, odd and 65,536 bytes", func(t *testing.T) {
		t.Parallel()
		virtual(t, func(t *testing.T, b *bundle) {
			c, conv := b.dialVirtual(t, false)
			var want []byte
			for _, size := range []int{0, 1, 159, 1600, 1601, audiohook.MaxMessage, 159} {
				data := bytes.Repeat([]byte{byte(size%250 + 1)}, size)
				want = append(want, data...)
				require.NoError(t, c.Audio(data))
			}
			c.pass(t, 0)
			require.True(t, bytes.Equal(want[:len(want)/160*160], conv.audio()))
			c.bye(t)
		})
	})
	t.Run("GA-14 50 frames at once", func(t *testing.T) {
		t.Parallel()
		virtual(t, func(t *testing.T, b *bundle) {
			c, conv := b.dialVirtual(t, false)
			want := tone(10 * time.Second)
			for data := want; len(data) > 0; data = data[1600:] {
				require.NoError(t, c.Audio(data[:1600]))
			}
			c.pass(t, 0)
			require.True(t, bytes.Equal(want, conv.audio()))
			c.bye(t)
		})
	})
	t.Run("GA-14 65,537 bytes", func(t *testing.T) {
		t.Parallel()
		b := setup(t)
		c, conv := b.opened(t)
		_ = c.Audio(make([]byte, audiohook.MaxMessage+1)) // may be cut short
		require.Contains(t, []int{0, websocket.CloseMessageTooBig}, c.rest(t).code)
		<-conv.closed
	})
	t.Run("GA-14 after close", func(t *testing.T) {
		t.Parallel()
		b := setup(t)
		c, conv := b.opened(t)
		require.NoError(t, c.Close(audiohook.ReasonEnd))
		_ = c.Audio(tone(time.Second)) // the gateway may have gone
		require.True(t, c.rest(t).closed)
		require.Empty(t, conv.audio())
	})
}

// A client that sends ten times as fast as one can speak costs no memory: what
// the engine does not take is dropped.
func TestBurst(t *testing.T) { //nolint:paralleltest // it measures memory
	b := setup(t)
	c, conv := b.opened(t)
	frame := tone(200 * time.Millisecond)
	send := func(n int) {
		for range n {
			require.NoError(t, c.Audio(frame))
		}
		require.NoError(t, c.Ping(0))
		c.until(t, audiohook.Pong)
		conv.mu.Lock()
		conv.heard = nil
		conv.mu.Unlock()
	}
	send(100)
	var before, after runtime.MemStats
	runtime.GC()
	runtime.ReadMemStats(&before)
	t.Run("GA-14 10 MiB at once", func(t *testing.T) { //nolint:paralleltest // of one call
		send(10 << 20 / len(frame))
		runtime.GC()
		runtime.ReadMemStats(&after)
		require.Less(t, int64(after.HeapAlloc)-int64(before.HeapAlloc), int64(4<<20))
		require.Less(t, b.engine.session.Leg.(*leg).ignored, int64(1))
	})
	c.hangup(t)
}

// A client that stops reading ends its own call only.
func TestSlowReader(t *testing.T) {
	t.Parallel()
	t.Run("GA-17 a reader that stops reading", func(t *testing.T) {
		t.Parallel()
		b := setup(t)
		failed := make(chan error, 1)
		b.serve = func(ctx context.Context, l call.Leg) (call.Result, error) {
			require.NoError(t, l.(call.Ringing).Answer())
			for {
				l.(*leg).pace = newPace() // as much as there is
				if err := l.Write(make([]byte, 64_000)); err != nil {
					failed <- err
					return call.Result{}, l.End(ctx, call.Ending{Reason: call.ReasonLegStalled})
				}
			}
		}
		c := b.upgraded(t)
		require.NoError(t, c.Open(goodOpen())) // and reads nothing
		good, _ := setup(t).opened(t)
		for range 5 {
			require.NoError(t, good.Ping(0))
			good.until(t, audiohook.Pong)
		}
		select {
		case err := <-failed:
			require.ErrorIs(t, err, call.ErrStalled)
		case <-time.After(patience):
			require.Fail(t, "the write did not end")
		}
		good.hangup(t)
		require.NoError(t, c.ws.NetConn().Close())
	})
}

// What strangers send costs little.
func TestJunkUpgrades(t *testing.T) {
	t.Parallel()
	t.Run("GA-24 1,000 bad signatures", func(t *testing.T) {
		t.Parallel()
		b := setup(t)
		good, conv := b.opened(t)
		h := &handler{g: b.fakeGateway}
		r := b.request(t)
		r.secret = []byte("wrong")
		r.sign(t)
		gone, cancel := context.WithCancel(t.Context()) // nobody waits for the answer
		cancel()
		var begun time.Time
		best := time.Hour // of a hundred: other tests disturb some of them, not all
		for n := range 1000 {
			if n%100 == 0 {
				begun = time.Now()
			}
			req := httptest.NewRequestWithContext(gone, http.MethodGet, r.Target, nil)
			req.Host, req.Header = r.Host, r.Header.Clone()
			req.Header.Set("Connection", "Upgrade")
			req.Header.Set("Upgrade", "websocket")
			req.Header.Set("Sec-Websocket-Version", "13")
			w := httptest.NewRecorder()
			h.ServeHTTP(w, req)
			require.Equal(t, http.StatusUnauthorized, w.Code)
			if n%100 == 99 {
				best = min(best, time.Since(begun))
			}
		}
		require.Less(t, best, 200*time.Millisecond, "a thousand within two seconds")
		conv.say("1", tone(400*time.Millisecond))
		good.until(t, audiohook.Audio)
		good.hangup(t)
		require.Equal(t, 1, b.servedCalls())
	})
}

// Fragments are allowed; what they carry is a message like any other.
func TestFragments(t *testing.T) {
	t.Parallel()
	t.Run("GA-25 fragmented and compressed frames, and a flood of control frames", func(t *testing.T) {
		t.Parallel()
		b := setup(t)
		c, _ := b.opened(t)
		w, err := c.ws.NextWriter(websocket.TextMessage)
		require.NoError(t, err)
		for _, piece := range strings.SplitAfter(envelope("ping", 2), ",") {
			_, err = w.Write([]byte(piece))
			require.NoError(t, err)
		}
		require.NoError(t, w.Close())
		require.NoError(t, c.Read(&c.m)) // this client did not count the ping itself
		for range 30 {
			if c.ws.WriteControl(websocket.PingMessage, nil, time.Now().Add(time.Second)) != nil {
				break
			}
		}
		require.Contains(t, []int{0, websocket.ClosePolicyViolation}, c.rest(t).code)
	})
}

func TestNothingSecretIsLogged(t *testing.T) {
	t.Parallel()
	t.Run("GA-26 logs", func(t *testing.T) {
		t.Parallel()
		b := setup(t)
		c, conv := b.opened(t)
		lines := strings.Count(b.logs.String(), "\n")
		for range 50 {
			require.NoError(t, c.Audio(tone(200*time.Millisecond)))
		}
		require.NoError(t, c.DTMF("7"))
		require.NoError(t, c.DTMF("777"))
		require.Equal(t, call.DTMF{Digit: '7'}, command[call.DTMF](t, conv))
		require.NoError(t, c.Error(500, "something of the client's", 0))
		require.NoError(t, c.Ping(0))
		c.until(t, audiohook.Pong)
		conv.tool(call.ToolTransfer, "")
		c.until(t, audiohook.Disconnect)
		require.NoError(t, c.Close(audiohook.ReasonDone))
		c.rest(t)
		bad := b.request(t)
		bad.secret = []byte("wrong")
		_, _ = b.dial(t, bad.sign(t))
		wrong := b.request(t)
		wrong.Target = pathPrefix + testOwner + "/unknown-connector"
		_, _ = b.dial(t, wrong.sign(t))
		b.wait()
		text := b.logs.String()
		require.Less(t, strings.Count(text, "\n")-lines, 10, "no line for each frame")
		for _, r := range b.refusals {
			text += r.Detail + r.Reason
		}
		for name, value := range map[string]string{
			"secret": testSecret, "key": testKey, "connector": testConnector, "what was taken for one": "unknown-connector",
			"digits": "777", "ani": "5105550100", "dnis": "8885550199", "name": "Jane",
		} {
			require.NotContains(t, text, value, name)
		}
	})
}
