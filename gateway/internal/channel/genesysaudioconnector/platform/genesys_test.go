package platform_test

import (
	"bytes"
	"context"
	"crypto/hmac"
	"crypto/sha256"
	"encoding/base64"
	"encoding/json"
	"net/http"
	"net/http/httptest"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/gorilla/websocket"
	"github.com/stretchr/testify/require"

	"github.com/va-gateway/terraform-provider-va/gateway/api"
	"github.com/va-gateway/terraform-provider-va/gateway/internal/channel"
	"github.com/va-gateway/terraform-provider-va/gateway/internal/channel/genesysaudioconnector/platform"
	"github.com/va-gateway/terraform-provider-va/gateway/internal/channel/internal/handset"
)

const (
	key      = "vak_0123456789abcdef"
	secret   = "TXlTdXBlclNlY3JldEtleVRlbGxOby0xITJAMyM0JDU="
	patience = 20 * time.Second
)

// gateway is a scripted answerer of calls. It speaks plain JSON, so that the
// wire format of this project is not checked against itself.
type gateway struct {
	*httptest.Server
	status int // of the upgrade, instead of accepting it
	serve  func(*testing.T, *session)

	serving sync.WaitGroup
}

func start(t *testing.T, g *gateway) *gateway {
	t.Helper()
	g.Server = httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		g.serving.Add(1)
		defer g.serving.Done()
		if g.status == 0 && !signed(r) {
			g.status = http.StatusUnauthorized
		}
		if g.status != 0 {
			w.WriteHeader(g.status)
			return
		}
		ws, err := (&websocket.Upgrader{}).Upgrade(w, r, nil)
		if err != nil {
			return
		}
		defer ws.Close()
		s := &session{ws: ws, id: r.Header.Get("Audiohook-Session-Id")}
		g.serve(t, s)
		for s.read(t) != nil {
		}
	}))
	t.Cleanup(func() {
		g.Close()
		g.serving.Wait()
	})
	return g
}

// signed checks the signature in the order in which the cloud signs.
func signed(r *http.Request) bool {
	input := r.Header.Get("Signature-Input")
	_, params, _ := strings.Cut(input, "=")
	base := `"@request-target": ` + r.RequestURI + "\n" +
		`"audiohook-session-id": ` + r.Header.Get("Audiohook-Session-Id") + "\n" +
		`"audiohook-organization-id": ` + r.Header.Get("Audiohook-Organization-Id") + "\n" +
		`"audiohook-correlation-id": ` + r.Header.Get("Audiohook-Correlation-Id") + "\n" +
		`"x-api-key": ` + r.Header.Get("X-Api-Key") + "\n" +
		`"@authority": ` + r.Host + "\n" +
		`"@signature-params": ` + params
	secret, _ := base64.StdEncoding.DecodeString(secret)
	mac := hmac.New(sha256.New, secret)
	mac.Write([]byte(base))
	return r.Header.Get("Signature") == "sig1=:"+base64.StdEncoding.EncodeToString(mac.Sum(nil))+":" &&
		strings.Contains(input, `keyid="`+key+`"`) && r.Header.Get("Origin") == ""
}

// session is the gateway's end.
type session struct {
	ws   *websocket.Conn
	id   string
	seq  int
	seen int // the client's number
}

// read gives the next message, with "audio" for a binary one; nil at the end.
func (s *session) read(t *testing.T) map[string]any {
	t.Helper()
	kind, data, err := s.ws.ReadMessage()
	if err != nil {
		return nil
	}
	if kind == websocket.BinaryMessage {
		return map[string]any{"type": "audio", "data": data}
	}
	var m map[string]any
	require.NoError(t, json.Unmarshal(data, &m))
	require.Equal(t, "2", m["version"])
	require.Equal(t, s.id, m["id"])
	require.Contains(t, m, "parameters")
	require.Contains(t, m, "serverseq")
	require.Regexp(t, `^PT(?:\d*\.)?\d+S$`, m["position"])
	s.seen++
	require.EqualValues(t, s.seen, m["seq"])
	return m
}

// until reads until a type comes and gives its message; nil at the end.
func (s *session) until(t *testing.T, kind string) map[string]any {
	t.Helper()
	for m := s.read(t); m != nil; m = s.read(t) {
		if m["type"] == kind {
			return m
		}
	}
	return nil
}

func (s *session) send(kind string, parameters map[string]any) {
	s.seq++
	s.sendNumbered(kind, s.seq, parameters)
}

func (s *session) sendNumbered(kind string, seq int, parameters map[string]any) {
	_ = s.ws.WriteJSON(map[string]any{ // a client that is gone is seen by reading
		"version": "2", "id": s.id, "type": kind, "seq": seq, "clientseq": s.seen, "parameters": parameters,
	})
}

func (s *session) audio(data []byte) { _ = s.ws.WriteMessage(websocket.BinaryMessage, data) }

// opened answers "open" with what was offered first.
func (s *session) opened(t *testing.T) map[string]any {
	t.Helper()
	m := s.until(t, "open")
	p := m["parameters"].(map[string]any)
	s.send("opened", map[string]any{"startPaused": false, "media": p["media"].([]any)[:1]})
	return p
}

// end disconnects and closes.
func (s *session) end(t *testing.T, output map[string]any) {
	t.Helper()
	s.send("disconnect", map[string]any{"reason": "completed", "outputVariables": output})
	s.closed(t)
}

// closed answers "close".
func (s *session) closed(t *testing.T) string {
	t.Helper()
	m := s.until(t, "close")
	if m == nil {
		return ""
	}
	s.send("closed", map[string]any{})
	_ = s.ws.WriteMessage(websocket.CloseMessage, websocket.FormatCloseMessage(websocket.CloseNormalClosure, ""))
	return m["parameters"].(map[string]any)["reason"].(string)
}

func (g *gateway) placement() channel.Placement {
	return channel.Placement{
		Body: &api.GenesysAudioConnectorChannel{
			BaseConnectionURI: "ws" + strings.TrimPrefix(g.URL, "http") + "/c/genesys_audio_connector/x", ConnectorID: "y",
		},
		Credentials: map[string]string{"api_key": key, "client_secret": secret},
		From:        "+14155550100", To: "+14155550199",
	}
}

// call places a call and collects what the caller hears.
func call(t *testing.T, p platform.Genesys, g *gateway) (line channel.Line, heard func() []channel.Heard) {
	t.Helper()
	ctx, cancel := context.WithTimeout(context.WithoutCancel(t.Context()), patience)
	t.Cleanup(cancel)
	line, err := p.Dial(ctx, g.placement())
	require.NoError(t, err)
	var all []channel.Heard
	done := make(chan struct{})
	go func() {
		defer close(done)
		for h := range line.Heard() {
			all = append(all, h)
		}
	}()
	return line, func() []channel.Heard {
		<-done
		return all
	}
}

func sound(heard []channel.Heard) (b []byte) {
	for _, h := range heard {
		b = append(b, h.Frame...)
	}
	return b
}

func TestCall(t *testing.T) {
	t.Parallel()
	got := make(chan []byte, 1)
	tone := bytes.Repeat([]byte{7}, 4000) // half a second
	g := start(t, &gateway{serve: func(t *testing.T, s *session) {
		open := s.opened(t)
		require.Equal(t, "tel:+14155550100", open["participant"].(map[string]any)["ani"])
		require.Equal(t, map[string]any{"a": "b"}, open["inputVariables"])
		m := s.until(t, "dtmf")
		require.Equal(t, "5", m["parameters"].(map[string]any)["digit"])
		var said []byte
		for len(said) < 3200 {
			m := s.until(t, "audio")
			require.Len(t, m["data"], 1600)
			said = append(said, m["data"].([]byte)...)
		}
		got <- said
		s.audio(tone[:3200])
		s.audio(tone[3200:])
		require.NotNil(t, s.until(t, "playback_started"))
		require.NotNil(t, s.until(t, "playback_completed"))
		s.send("updated", map[string]any{})
		s.end(t, map[string]any{"disposition": "transfer"})
	}})
	var received int
	line, heard := call(t, platform.Genesys{
		Input: map[string]string{"a": "b"}, Received: func(_ time.Time, bytes int) { received += bytes },
	}, g)
	require.NoError(t, line.Press('5'))
	for range 50 {
		if line.Send(bytes.Repeat([]byte{9}, 160)) != nil {
			break
		}
	}
	end, err := line.Wait(t.Context())
	require.NoError(t, err)
	require.Equal(t, channel.LineEnd{
		ByGateway: true, Next: "transfer", Target: "flow",
		Detail: `{"reason":"completed","outputVariables":{"disposition":"transfer"}}`,
	}, end)
	require.Contains(t, string(sound(heard())), string(tone))
	require.Contains(t, string(<-got), string(bytes.Repeat([]byte{9}, 1600)))
	require.Equal(t, 4000, received)
	require.ErrorIs(t, line.Send(make([]byte, 160)), handset.ErrOver)
	require.ErrorIs(t, line.Press('1'), handset.ErrOver)
	require.Error(t, line.Press('x'))
	require.Error(t, line.Send(make([]byte, 1)))
}

func TestBargeIn(t *testing.T) {
	t.Parallel()
	g := start(t, &gateway{serve: func(t *testing.T, s *session) {
		s.opened(t)
		s.audio(bytes.Repeat([]byte{7}, 4000))
		require.NotNil(t, s.until(t, "playback_started"))
		s.send("event", map[string]any{"entities": []any{map[string]any{"type": "barge_in", "data": map[string]any{}}}})
		s.audio(bytes.Repeat([]byte{9}, 1600))
		require.NotNil(t, s.until(t, "playback_completed"))
		s.end(t, map[string]any{"disposition": "resolved"})
	}})
	line, heard := call(t, platform.Genesys{}, g)
	end, err := line.Wait(t.Context())
	require.NoError(t, err)
	require.Equal(t, "hangup", end.Next)
	cleared, after := 0, []byte(nil)
	for _, h := range heard() {
		if h.Cleared {
			cleared++
		}
		if cleared > 0 {
			after = append(after, h.Frame...)
		}
	}
	require.Equal(t, 1, cleared)
	require.NotContains(t, string(after), "\x07")
	require.Contains(t, string(after), strings.Repeat("\x09", 1600))
}

func TestHangup(t *testing.T) {
	t.Parallel()
	reason := make(chan string, 1)
	g := start(t, &gateway{serve: func(t *testing.T, s *session) {
		s.opened(t)
		reason <- s.closed(t)
	}})
	line, _ := call(t, platform.Genesys{}, g)
	line.Hangup()
	line.Hangup()
	end, err := line.Wait(t.Context())
	require.NoError(t, err)
	require.Equal(t, channel.LineEnd{}, end)
	require.Equal(t, "end", <-reason)
}

// A gateway that disconnects instead of opening sends the flow into its failure
// path.
func TestFailurePath(t *testing.T) {
	t.Parallel()
	g := start(t, &gateway{serve: func(t *testing.T, s *session) {
		s.until(t, "open")
		s.send("disconnect", map[string]any{"reason": "error", "info": "engine_failed"})
		s.closed(t)
	}})
	line, heard := call(t, platform.Genesys{}, g)
	end, err := line.Wait(t.Context())
	require.NoError(t, err)
	require.Equal(t, channel.LineEnd{
		ByGateway: true, Next: "transfer", Target: "flow", Detail: `{"reason":"error","info":"engine_failed"}`,
	}, end)
	require.Empty(t, heard())
}

func TestRefused(t *testing.T) {
	t.Parallel()
	for _, tt := range []struct {
		name   string
		g      *gateway
		change func(*channel.Placement)
		want   channel.RefusedError
	}{
		{
			"no place", &gateway{status: http.StatusServiceUnavailable}, nil,
			channel.RefusedError{Step: "upgrade", Status: 503, Detail: "503 Service Unavailable"},
		},
		{
			"a secret that is no base64", &gateway{},
			func(p *channel.Placement) { p.Credentials["client_secret"] = "wrong-" + secret },
			channel.RefusedError{Step: "upgrade", Status: 401, Detail: "401 Unauthorized"},
		},
		{
			"closed instead of opened", &gateway{serve: func(t *testing.T, s *session) {
				_ = s.ws.WriteMessage(websocket.CloseMessage, websocket.FormatCloseMessage(websocket.ClosePolicyViolation, ""))
			}}, nil,
			channel.RefusedError{Step: "open", Status: 101, Detail: "closed with code 1008"},
		},
	} {
		t.Run(tt.name, func(t *testing.T) {
			t.Parallel()
			g := start(t, tt.g)
			p := g.placement()
			if tt.change != nil {
				tt.change(&p)
			}
			_, err := platform.Genesys{}.Dial(t.Context(), p)
			var refused *channel.RefusedError
			require.ErrorAs(t, err, &refused)
			require.Equal(t, tt.want, *refused)
		})
	}
}

func TestCannotBePlaced(t *testing.T) {
	t.Parallel()
	g := start(t, &gateway{serve: func(t *testing.T, s *session) {
		s.until(t, "open")
		s.send("opened", map[string]any{"media": []any{map[string]any{
			"type": "audio", "format": "L16", "channels": []any{"external"}, "rate": 8000,
		}}})
	}})
	for _, tt := range []struct {
		name   string
		change func(*channel.Placement)
		want   string
	}{
		{"other kind", func(p *channel.Placement) { p.Body = &api.TwilioChannel{} }, "is not called by Genesys Cloud"},
		{"no secret", func(p *channel.Placement) { p.Credentials = nil }, "are unknown"},
		{"no URI", func(p *channel.Placement) { p.Body = &api.GenesysAudioConnectorChannel{} }, "has no base_connection_uri"},
		{"media that were not offered", func(*channel.Placement) {}, "media that were not offered"},
	} {
		t.Run(tt.name, func(t *testing.T) {
			t.Parallel()
			p := g.placement()
			tt.change(&p)
			_, err := platform.Genesys{}.Dial(t.Context(), p)
			require.ErrorContains(t, err, tt.want)
		})
	}
}

// What Genesys would not take is told at the end of the call.
func TestViolations(t *testing.T) {
	t.Parallel()
	for _, tt := range []struct {
		name string
		do   func(*testing.T, *session)
		want string
	}{
		{"a repeated number", func(_ *testing.T, s *session) {
			s.sendNumbered("updated", s.seq, map[string]any{})
		}, "seq is not the next number"},
		{"no parameters", func(_ *testing.T, s *session) {
			s.seq++
			_ = s.ws.WriteJSON(map[string]any{
				"version": "2", "id": s.id, "type": "updated", "seq": s.seq, "clientseq": 1,
			})
		}, "parameters are missing"},
		{"unknown type", func(_ *testing.T, s *session) { s.send("hologram", map[string]any{}) }, "does not know"},
		{"too many messages", func(_ *testing.T, s *session) {
			for range 30 {
				s.audio(make([]byte, 160))
			}
		}, "more messages than Genesys takes"},
		{"far ahead", func(_ *testing.T, s *session) { s.audio(make([]byte, 41_000)) }, "wait to be played"},
		{"huge", func(_ *testing.T, s *session) { s.audio(make([]byte, 64_001)) }, "a message of 64001 bytes"},
		{"an empty message", func(_ *testing.T, s *session) { s.audio(nil) }, "a message of 0 bytes"},
		{"audio after the end", func(_ *testing.T, s *session) {
			s.send("disconnect", map[string]any{"reason": "completed"})
			s.audio(make([]byte, 160))
			s.seq--
		}, "audio after the end"},
		{"a value that is no string", func(_ *testing.T, s *session) {
			s.send("disconnect", map[string]any{"reason": "completed", "outputVariables": map[string]any{"a": 1}})
		}, "outputVariables are not all strings"},
	} {
		t.Run(tt.name, func(t *testing.T) {
			t.Parallel()
			g := start(t, &gateway{serve: func(t *testing.T, s *session) {
				s.opened(t)
				tt.do(t, s)
				s.end(t, nil)
			}})
			line, _ := call(t, platform.Genesys{}, g)
			_, err := line.Wait(t.Context())
			require.ErrorContains(t, err, tt.want)
			var v *handset.ViolationError
			require.ErrorAs(t, err, &v)
		})
	}
}

func TestUnanswered(t *testing.T) {
	t.Parallel()
	for _, tt := range []struct {
		name  string
		serve func(*testing.T, *session)
		want  string
	}{
		{"no pong", func(t *testing.T, s *session) { s.opened(t) }, "a ping was not answered"},
		{"the connection breaks", func(t *testing.T, s *session) {
			s.opened(t)
			_ = s.ws.NetConn().Close()
		}, "ended without disconnect"},
	} {
		t.Run(tt.name, func(t *testing.T) {
			t.Parallel()
			g := start(t, &gateway{serve: tt.serve})
			line, _ := call(t, platform.Genesys{}, g)
			_, err := line.Wait(t.Context())
			require.ErrorContains(t, err, tt.want)
		})
	}
}

func TestProbe(t *testing.T) {
	t.Parallel()
	g := start(t, &gateway{serve: func(t *testing.T, s *session) {
		open := s.opened(t)
		require.Equal(t, "00000000-0000-0000-0000-000000000000", open["conversationId"])
		require.Len(t, open["media"], 3)
		s.closed(t)
	}})
	require.NoError(t, platform.Genesys{}.Probe(t.Context(), g.placement()))
}
