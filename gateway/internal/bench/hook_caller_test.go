package bench_test

import (
	"context"
	"crypto/rand"
	"encoding/base64"
	"encoding/binary"
	"encoding/hex"
	"errors"
	"fmt"
	"net/http"
	"net/url"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"github.com/gorilla/websocket"
	"github.com/stretchr/testify/require"

	"github.com/va-gateway/terraform-provider-va/gateway/api"
	"github.com/va-gateway/terraform-provider-va/gateway/gatewaytest"
	"github.com/va-gateway/terraform-provider-va/gateway/internal/protocol/audiohook"
	"github.com/va-gateway/terraform-provider-va/gateway/internal/protocol/audiohook/signature"
)

// What a process that is measured serves besides.
const (
	roleHook     = "audiohook"
	roleHookEcho = "audiohook-echo"
)

// hookFrames is how many frames of 20 ms one message holds.
const hookFrames = 10

// hook is where audio of the Audio Connector is answered: without a key it is a
// bare echo of what comes over the WebSocket.
type hook struct{ URI, Key, Secret string }

// hookOf makes a channel of the gateway.
func hookOf(t testing.TB, g *gatewaytest.Gateway) hook {
	t.Helper()
	var c api.GenesysAudioConnectorChannel
	require.NoError(t, g.Client.Post(t.Context(), "/v1/channels/genesys_audio_connector", api.GenesysAudioConnectorChannel{
		Channel: api.Channel{AssistantID: assistantOf(t, g), ProviderApplication: "bench"},
	}, &c, api.Write{}))
	return hook{c.BaseConnectionURI + "/" + c.ConnectorID, c.Credentials["api_key"], c.Credentials["client_secret"]}
}

// echoFrames sends back what comes over a WebSocket: the least that any server
// must do.
func echoFrames(w http.ResponseWriter, r *http.Request) {
	ws, err := (&websocket.Upgrader{}).Upgrade(w, r, nil)
	if err != nil {
		return
	}
	defer ws.Close()
	for {
		kind, data, err := ws.ReadMessage()
		if err != nil || ws.WriteMessage(kind, data) != nil {
			return
		}
	}
}

// hookCaller is one session: like caller, it says numbered frames and looks for
// them in what it hears.
type hookCaller struct {
	session *audiohook.Client
	bare    bool
	caller
}

// overAudioConnector is one call of Genesys Cloud's.
func overAudioConnector(ctx context.Context, p place, number uint32, d time.Duration) (counts, error) {
	c := &hookCaller{bare: p.Hook.Key == "", caller: caller{number: number}}
	if err := c.open(ctx, p.Hook); err != nil {
		return counts{}, err
	}
	defer c.session.Release()
	messages := int(d / (hookFrames * 20 * time.Millisecond))
	c.sentAt = make([]atomic.Int64, messages*hookFrames)
	c.counts.delays = make([]time.Duration, 0, len(c.sentAt))
	c.begun = time.Now()
	var listening sync.WaitGroup
	failed := make(chan error, 1)
	listening.Go(func() { failed <- c.listen() })
	sent, err := c.say(ctx, messages)
	select {
	case e := <-failed:
		err = errors.Join(err, e)
	case <-time.After(straggling):
	}
	if c.bare {
		c.session.Release()
	} else {
		err = errors.Join(err, c.session.Close(audiohook.ReasonEnd))
	}
	listening.Wait()
	c.counts.Sent = sent
	return c.counts, err
}

// open opens a session at the gateway, and nothing at the bare echo.
func (c *hookCaller) open(ctx context.Context, h hook) error {
	u, err := url.Parse(h.URI)
	if err != nil {
		return err
	}
	id := uuid()
	header := http.Header{
		"Audiohook-Organization-Id": {uuid()}, "Audiohook-Session-Id": {id}, "Audiohook-Correlation-Id": {uuid()},
	}
	open := audiohook.OpenParameters{
		OrganizationID: header.Get("Audiohook-Organization-Id"), ConversationID: uuid(),
		Participant: audiohook.Participant{ID: uuid()},
		Media:       []audiohook.Media{audiohook.Offer(audiohook.FormatPCMU, audiohook.ChannelExternal)},
	}
	if !c.bare {
		secret, err := base64.StdEncoding.DecodeString(h.Secret)
		if err != nil {
			return err
		}
		r := signature.Request{Target: u.RequestURI(), Host: u.Host, Header: header}
		if err := signature.Sign(r, h.Key, rand.Text(), secret, time.Now(), time.Minute); err != nil {
			return err
		}
	}
	ws, res, err := websocket.DefaultDialer.DialContext(ctx, h.URI, header)
	if err != nil {
		return fmt.Errorf("open the session: %w", err)
	}
	_ = res.Body.Close()
	c.session = audiohook.NewClient(ws, id)
	if c.bare {
		return nil
	}
	var m audiohook.Message
	err = errors.Join(c.session.Open(open), c.session.Read(&m))
	if err == nil && m.Kind != audiohook.Opened {
		err = fmt.Errorf("the session was not opened: %s", m.Text)
	}
	if err != nil {
		c.session.Release()
	}
	return err
}

func uuid() string {
	var b [16]byte
	_, _ = rand.Read(b[:]) // never fails, see package crypto/rand
	s := hex.EncodeToString(b[:])
	return s[:8] + "-" + s[8:12] + "-" + s[12:16] + "-" + s[16:20] + "-" + s[20:]
}

// say sends messages of 200 ms, each at its own moment, and a ping every 5 s.
func (c *hookCaller) say(ctx context.Context, messages int) (sent int, err error) {
	data := make([]byte, hookFrames*frameBytes)
	timer := time.NewTimer(0)
	defer timer.Stop()
	for n := range messages {
		timer.Reset(time.Until(c.begun.Add(time.Duration(n) * hookFrames * 20 * time.Millisecond)))
		select {
		case <-timer.C:
		case <-ctx.Done():
			return n * hookFrames, nil
		}
		if n%25 == 24 && !c.bare {
			if err := c.session.Ping(0); err != nil {
				return n * hookFrames, err
			}
		}
		for i := range hookFrames {
			frame := data[i*frameBytes:][:frameBytes]
			for at := range frame {
				frame[at] = 0x2a
			}
			binary.BigEndian.PutUint32(frame, c.number)
			binary.BigEndian.PutUint32(frame[4:], uint32(n*hookFrames+i))
			c.sentAt[n*hookFrames+i].Store(int64(time.Since(c.begun)))
		}
		if err := c.session.Audio(data); err != nil {
			return n * hookFrames, err
		}
	}
	return messages * hookFrames, nil
}

// listen reads until everything came back or the session ends.
func (c *hookCaller) listen() error {
	var m audiohook.Message
	var rest []byte
	for {
		if err := c.session.Read(&m); err != nil || m.Kind == audiohook.Closed {
			return nil
		}
		switch m.Kind {
		case audiohook.Violation:
			return errors.New(m.Problem)
		case audiohook.Disconnect:
			return errors.New("disconnected: " + m.Text)
		case audiohook.Audio:
			now := time.Now()
			rest = append(rest, m.Data...)
			for ; len(rest) >= frameBytes; rest = rest[frameBytes:] {
				c.hear(now, rest[:frameBytes])
			}
		}
	}
}
