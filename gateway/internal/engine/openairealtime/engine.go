package openairealtime

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"net/http"
	"net/url"
	"time"

	"github.com/va-gateway/terraform-provider-va/gateway/api"
	"github.com/va-gateway/terraform-provider-va/gateway/internal/audio"
	"github.com/va-gateway/terraform-provider-va/gateway/internal/call"
	"github.com/va-gateway/terraform-provider-va/gateway/internal/engine/internal/pipe"
	"github.com/va-gateway/terraform-provider-va/gateway/internal/protocol/realtime"
	"github.com/va-gateway/terraform-provider-va/gateway/internal/protocol/wsconn"
)

// Engine is the realtime engine. It holds no state of calls.
type Engine struct{ dialer wsconn.Dialer }

var _ call.Engine = (*Engine)(nil)

// New makes an Engine.
func New(d wsconn.Dialer) *Engine { return &Engine{d} }

var linear = audio.Format{Codec: audio.L16, Rate: realtime.LinearRate}

// limits of the connection. Pings keep it open while nobody speaks. The owner
// writes, and whoever closes the conversation waits for it: a second at most.
var limits = wsconn.Limits{
	Message: realtime.MaxMessage, Idle: 60 * time.Second, Ping: 20 * time.Second, Write: time.Second,
	Only: wsconn.Text,
}

// Formats implements call.Engine: the leg's own for G.711, else the one linear
// format of the protocol.
func (*Engine) Formats(leg audio.Format) (in, out audio.Format) {
	if leg == audio.Mulaw8k || leg == audio.Alaw8k {
		return leg, leg
	}
	return linear, linear
}

// Open implements call.Engine.
func (e *Engine) Open(ctx context.Context, c call.Config) (call.Conversation, error) {
	if err := ctx.Err(); err != nil {
		return nil, fmt.Errorf("open conversation: %w", err)
	}
	var o api.OpenAIRealtimeEngine
	if err := json.Unmarshal(c.Options, &o); err != nil {
		return nil, fmt.Errorf("options of the realtime engine: %w", err)
	}
	session, err := newSession(c, o)
	if err != nil {
		return nil, err
	}
	target, header, err := handshake(c, o)
	if err != nil {
		return nil, err
	}
	ws, err := e.dialer.DialWebSocket(ctx, target, header)
	if err != nil {
		return nil, opening(ctx, fmt.Errorf("connect to the backend: %w", err))
	}
	conn := wsconn.New(ws, limits)
	stop := context.AfterFunc(ctx, conn.Close)
	err = configure(conn, session)
	if !stop() || err != nil {
		conn.Close()
		return nil, opening(ctx, err)
	}
	return start(ctx, conn, c, session), nil
}

// opening prefers the end of the context over what it broke.
func opening(ctx context.Context, err error) error {
	if ctx.Err() != nil {
		return fmt.Errorf("open conversation: %w", ctx.Err())
	}
	return err
}

// handshake is where and how to connect. Errors never hold the key.
func handshake(c call.Config, o api.OpenAIRealtimeEngine) (string, http.Header, error) {
	u, err := url.Parse(o.URL())
	if err != nil {
		return "", nil, errors.New("the address of the backend is no URL")
	}
	q := u.Query()
	if !q.Has("model") {
		q.Set("model", o.Model)
	}
	u.RawQuery = q.Encode()
	header := http.Header{}
	for name, value := range o.Headers {
		header.Set(name, value)
	}
	switch key := c.Secret.Get("api_key"); {
	case key == "":
	case o.APIKeyHeader != "":
		header.Set(o.APIKeyHeader, key)
	default:
		header.Set("Authorization", "Bearer "+key)
	}
	return u.String(), header, nil
}

// maxOpening is how many events the backend may send before it has accepted
// the configuration.
const maxOpening = 100

// configure sends the configuration and waits until it is accepted.
func configure(conn *wsconn.Conn, s realtime.Session) error {
	if err := send(conn, realtime.NewSessionUpdate(s)); err != nil {
		return err
	}
	var d realtime.Decoder
	var e realtime.Event
	for range maxOpening {
		_, msg, err := conn.Next()
		if err != nil {
			return fmt.Errorf("wait for session.updated: %w", err)
		}
		switch d.Decode(msg, &e); e.Kind {
		case realtime.SessionUpdated:
			return agreed(s, e)
		case realtime.ErrorEvent:
			return backendError("the backend refused the configuration", e)
		}
	}
	return fmt.Errorf("no session.updated among %d events", maxOpening)
}

// agreed refuses audio in a format that was not asked for: it would be noise.
func agreed(s realtime.Session, e realtime.Event) error {
	for _, f := range []struct {
		want realtime.Format
		got  *realtime.Format
	}{{s.Audio.Input.Format, e.Input}, {s.Audio.Output.Format, e.Output}} {
		if f.got == nil || f.got.Type == "" {
			continue
		}
		if f.got.Type != f.want.Type || (f.got.Rate != 0 && f.want.Rate != 0 && f.got.Rate != f.want.Rate) {
			return fmt.Errorf("the backend uses the format %.40q at %d Hz instead of %q at %d Hz",
				f.got.Type, f.got.Rate, f.want.Type, f.want.Rate)
		}
	}
	return nil
}

// backendError tells an error event by its stable words. Its message is left
// out: some backends repeat parts of the key in it.
func backendError(what string, e realtime.Event) error {
	return fmt.Errorf("%s: %.80q, code %.80q, at %.80q", what, e.ErrorType, e.Code, e.Param)
}

func send(conn *wsconn.Conn, event any) error {
	data, err := json.Marshal(event)
	if err != nil {
		return fmt.Errorf("encode event: %w", err)
	}
	return conn.Send(wsconn.Text, func(dst []byte) []byte { return append(dst, data...) })
}

// start runs an accepted conversation.
func start(ctx context.Context, conn *wsconn.Conn, c call.Config, s realtime.Session) *conversation {
	v := &conversation{
		Talk: pipe.NewTalk(ctx, c.In.FrameBytes()), conn: conn, config: c,
		frame: make([]byte, c.In.FrameBytes()), free: make(chan *incoming, readAhead),
		incoming: make(chan *incoming, readAhead), calls: map[string]bool{},
	}
	if d := s.Audio.Input.TurnDetection; d.PrefixPaddingMS != nil {
		v.padding = time.Duration(*d.PrefixPaddingMS) * time.Millisecond
	}
	v.encode = []func([]byte) []byte{func(dst []byte) []byte { return realtime.AppendAudio(dst, v.frame) }}
	v.Start(v.own)
	return v
}
