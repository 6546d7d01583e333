package conversationrelay

import (
	"cmp"
	"context"
	"encoding/json"
	"fmt"
	"log/slog"
	"net/url"
	"strings"

	"github.com/va-gateway/terraform-provider-va/gateway/api"
	"github.com/va-gateway/terraform-provider-va/gateway/internal/audio"
	"github.com/va-gateway/terraform-provider-va/gateway/internal/call"
	"github.com/va-gateway/terraform-provider-va/gateway/internal/engine/internal/ear"
	"github.com/va-gateway/terraform-provider-va/gateway/internal/engine/internal/openaihttp"
	"github.com/va-gateway/terraform-provider-va/gateway/internal/engine/internal/pipe"
	"github.com/va-gateway/terraform-provider-va/gateway/internal/engine/internal/userbot"
	"github.com/va-gateway/terraform-provider-va/gateway/internal/protocol/conversationrelay"
	"github.com/va-gateway/terraform-provider-va/gateway/internal/protocol/wsconn"
	"github.com/va-gateway/terraform-provider-va/gateway/internal/speech"
	"github.com/va-gateway/terraform-provider-va/gateway/internal/telemetry"
)

// Engine is the engine for ConversationRelay bots. It holds no state of calls.
type Engine struct {
	dialer  wsconn.Dialer
	doer    openaihttp.Doer
	speaker *speech.Speaker
	log     *slog.Logger
}

var (
	_ call.Engine   = (*Engine)(nil)
	_ call.Preparer = (*Engine)(nil)
)

// New makes an Engine with the voice of the gateway; log is told once a call
// about what a bot does wrong.
func New(d wsconn.Dialer, h openaihttp.Doer, s *speech.Speaker, log *slog.Logger) *Engine {
	return &Engine{dialer: d, doer: h, speaker: s, log: log}
}

// Formats implements call.Engine: ears and voice work at 16 kHz.
func (*Engine) Formats(audio.Format) (in, out audio.Format) {
	return audio.Linear16k, audio.Linear16k
}

// Prepare implements call.Preparer: it renders the greeting.
func (e *Engine) Prepare(ctx context.Context, c call.Config) error {
	o, err := options(c)
	text := greeting(c)
	if err != nil || o.TTS != nil || text == "" {
		return err
	}
	if _, err := e.speaker.Render(ctx, utteranceOf(c, text, c.Language, speech.PurposeGreeting)); err != nil {
		return fmt.Errorf("render the greeting: %w", err)
	}
	return nil
}

// Open implements call.Engine. The bot accepts the call by the upgrade.
func (e *Engine) Open(ctx context.Context, c call.Config) (call.Conversation, error) {
	if err := ctx.Err(); err != nil {
		return nil, fmt.Errorf("open conversation: %w", err)
	}
	o, err := options(c)
	if err != nil {
		return nil, err
	}
	if c.In != audio.Linear16k || c.Out != audio.Linear16k {
		return nil, fmt.Errorf("open conversation: formats %v and %v are not %v", c.In, c.Out, audio.Linear16k)
	}
	ws, err := userbot.Dial(ctx, e.dialer, o.URL, c.Secret.Get("api_key"))
	if err != nil {
		return nil, err
	}
	limits := userbot.Limits(conversationrelay.MaxMessage)
	limits.Only = wsconn.Text
	v := &conversation{
		Talk: pipe.NewTalk(ctx, c.In.FrameBytes()), engine: e, config: c,
		log: e.log.With(telemetry.KeyCall, c.CallID), conn: wsconn.New(ws, limits),
		messages: make(chan message, readAhead),
		work:     make(chan job, 1), done: make(chan sounded, 1),
		turns: make(chan turn, maxTurns), heard: make(chan words, 1),
		frame: make([]byte, c.In.FrameBytes()), speaks: c.Language, hears: c.Language,
		hosts: o.PlayHosts, stt: e.stage(c, o.STT, "stt.api_key", api.DefaultTranscribeModel),
		tts: e.stage(c, o.TTS, "tts.api_key", api.DefaultSpeechModel),
	}
	if v.stt != nil {
		v.ear = ear.New(c.In, c.Turn, longestTurn)
	}
	if u, err := url.Parse(o.URL); err == nil && len(v.hosts) == 0 {
		v.hosts = []string{u.Hostname()}
	}
	setup := conversationrelay.Setup{
		SessionID: userbot.FreshSID("VX"), CallSID: userbot.SID("CA", c.CallID), From: c.From, To: c.To,
		AccountSID: cmp.Or(o.AccountSID, userbot.SID("AC", o.URL)),
	}
	var left []string
	if setup.CustomParameters, left = userbot.Parameters(c); len(left) > 0 {
		v.log.Warn("variables do not fit into the parameters of the session", telemetry.KeyReason, strings.Join(left, " "))
	}
	v.conn.LimitControl(maxControl)
	if err := v.conn.Send(wsconn.Text, setup.Append); err != nil {
		v.conn.Close()
		return nil, fmt.Errorf("set the session up: %w", err)
	}
	v.Start(v.own)
	return v, nil
}

func options(c call.Config) (o api.ConversationRelayEngine, err error) {
	if err := json.Unmarshal(c.Options, &o); err != nil {
		return o, fmt.Errorf("options of the conversation relay engine: %w", err)
	}
	return o, nil
}

// stage is a service as it is configured; nil for none.
func (e *Engine) stage(c call.Config, s *api.SpeechService, key, model string) *openaihttp.Stage {
	if s == nil {
		return nil
	}
	return &openaihttp.Stage{
		Doer: e.doer, BaseURL: s.URL(), Model: cmp.Or(s.Model, model), Key: c.Secret.Get(key),
	}
}
