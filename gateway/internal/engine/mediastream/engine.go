package mediastream

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"log/slog"
	"strings"

	"github.com/va-gateway/terraform-provider-va/gateway/api"
	"github.com/va-gateway/terraform-provider-va/gateway/internal/audio"
	"github.com/va-gateway/terraform-provider-va/gateway/internal/call"
	"github.com/va-gateway/terraform-provider-va/gateway/internal/engine/internal/ear"
	"github.com/va-gateway/terraform-provider-va/gateway/internal/engine/internal/pipe"
	"github.com/va-gateway/terraform-provider-va/gateway/internal/engine/internal/userbot"
	"github.com/va-gateway/terraform-provider-va/gateway/internal/protocol/twiliomedia"
	"github.com/va-gateway/terraform-provider-va/gateway/internal/protocol/wsconn"
	"github.com/va-gateway/terraform-provider-va/gateway/internal/speech"
	"github.com/va-gateway/terraform-provider-va/gateway/internal/telemetry"
)

// maxMessage has room for ten minutes of audio, the most that a call may have
// waiting, in one message.
const maxMessage = 8 << 20

// Engine is the engine for Media Streams bots. It holds no state of calls.
type Engine struct {
	dialer  wsconn.Dialer
	speaker *speech.Speaker
	log     *slog.Logger
}

var _ call.Directing = (*Engine)(nil)

// New makes an Engine with the voice of the gateway; log is told once a call
// about what a bot does wrong.
func New(d wsconn.Dialer, s *speech.Speaker, log *slog.Logger) *Engine {
	return &Engine{dialer: d, speaker: s, log: log}
}

// Formats implements call.Engine: Media Streams have one format.
func (*Engine) Formats(audio.Format) (in, out audio.Format) { return audio.Mulaw8k, audio.Mulaw8k }

// Directs implements call.Directing.
func (*Engine) Directs() {}

// Open implements call.Engine. The bot accepts the call by the upgrade.
func (e *Engine) Open(ctx context.Context, c call.Config) (call.Conversation, error) {
	if err := ctx.Err(); err != nil {
		return nil, fmt.Errorf("open conversation: %w", err)
	}
	var o api.MediaStreamEngine
	if err := json.Unmarshal(c.Options, &o); err != nil {
		return nil, fmt.Errorf("options of the media stream engine: %w", err)
	}
	if c.In != audio.Mulaw8k || c.Out != audio.Mulaw8k {
		return nil, fmt.Errorf("open conversation: formats %v and %v are not %v", c.In, c.Out, audio.Mulaw8k)
	}
	ws, err := userbot.Dial(ctx, e.dialer, o.URL, c.Secret.Get("api_key"))
	if err != nil {
		return nil, err
	}
	v := &conversation{
		Talk: pipe.NewTalk(ctx, c.In.FrameBytes()), engine: e, config: c, onClose: o.OnEngineClose,
		log:   e.log.With(telemetry.KeyCall, c.CallID),
		media: twiliomedia.NewLenientPlatform(ws, userbot.Limits(maxMessage)),
		start: twiliomedia.Start{
			AccountSID: o.AccountSID, CallSID: userbot.SID("CA", c.CallID), StreamSID: userbot.FreshSID("MZ"),
			Format: twiliomedia.Mulaw,
		},
		ear:      ear.New(c.In, c.Turn, 0),
		frame:    make([]byte, c.In.FrameBytes()),
		messages: make(chan message, readAhead),
		say:      make(chan string, maxSay), said: make(chan rendered),
	}
	if v.start.AccountSID == "" {
		// A bot that looks at it expects the same with every call.
		v.start.AccountSID = userbot.SID("AC", o.URL)
	}
	var left []string
	if v.start.CustomParameters, left = userbot.Parameters(c); len(left) > 0 {
		v.log.Warn("variables do not fit into the parameters of the stream", telemetry.KeyReason, strings.Join(left, " "))
	}
	if err := errors.Join(v.media.Connected(), v.media.Start(v.start)); err != nil {
		v.media.Close()
		return nil, fmt.Errorf("start the stream: %w", err)
	}
	v.Start(v.own)
	return v, nil
}
