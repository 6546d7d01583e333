package platform

import (
	"context"
	"crypto/rand"
	"crypto/x509"
	"encoding/hex"
	"errors"
	"fmt"
	"io"
	"net/http"
	"net/url"
	"strings"
	"time"

	"github.com/gorilla/websocket"

	"github.com/va-gateway/terraform-provider-va/gateway/api"
	"github.com/va-gateway/terraform-provider-va/gateway/internal/audio"
	"github.com/va-gateway/terraform-provider-va/gateway/internal/channel"
	"github.com/va-gateway/terraform-provider-va/gateway/internal/channel/internal/handset"
	"github.com/va-gateway/terraform-provider-va/gateway/internal/protocol/twiliomedia"
	"github.com/va-gateway/terraform-provider-va/gateway/internal/protocol/twiliosign"
	"github.com/va-gateway/terraform-provider-va/gateway/internal/secret"
)

// Steps of a call, as refusals name them.
const (
	stepVoice         = "voice"
	stepMedia         = "media"
	stepConnectAction = "connect-action"
	stepDialAction    = "dial-action"
	stepStatus        = "status"
	stepStreamStatus  = "stream-status"
)

// upgradeTimeout bounds the opening of the stream (error 31901).
const upgradeTimeout = 10 * time.Second

// Twilio places calls on channels of the kind twilio.
type Twilio struct {
	// Roots verifies https and wss endpoints; nil means the system's pool.
	Roots *x509.CertPool
	// DialCallStatus is what becomes of ringing a live agent: completed (also
	// when empty), busy, no-answer, failed or canceled.
	DialCallStatus string
	// MediaURL opens the stream of the channel's media_url straight away, as the
	// TwiML of a user's own does, instead of asking the voice webhook.
	MediaURL bool
	// Silent is how long the platform, after the stream, does not ask what comes
	// next, but waits for REST to say it; then it gives the call up. Zero means
	// that it asks.
	Silent time.Duration
	// REST knows the calls that are placed; nil means that it does not exist.
	REST *REST
}

// Dial calls the channel's voice webhook and connects the stream it answers
// with. The call lasts until one side ends it or ctx is cancelled. Errors:
// *channel.RefusedError when the gateway said no.
func (t Twilio) Dial(ctx context.Context, p channel.Placement) (channel.Line, error) {
	body, ok := p.Body.(*api.TwilioChannel)
	if !ok {
		return nil, fmt.Errorf("a channel of kind %q is not called by Twilio", p.Body.Common().Kind)
	}
	token := secret.New(p.Credentials["authentication_token"])
	if token.IsZero() {
		return nil, errors.New("the channel's authentication_token is unknown")
	}
	l := &line{
		Handset:        handset.New(audio.Mulaw8k),
		gone:           make(chan socketEnd, 1),
		dialCallStatus: t.DialCallStatus,
		silent:         t.Silent,
		rest:           t.REST,
		updates:        make(chan document, 1),
		statusCallback: body.StatusCallbackURL,
		start: twiliomedia.Start{
			StreamSID: sid("MZ"), AccountSID: sid("AC"), CallSID: sid("CA"), Format: twiliomedia.Mulaw,
		},
	}
	if body.AccountSID != "" {
		l.start.AccountSID = body.AccountSID
	}
	l.hooks = newWebhooks(t.Roots, token, parameters(&l.start, p.From, p.To))
	l.rest.begin(l)
	dial := func() error { return l.dial(ctx, body.URL) }
	if t.MediaURL {
		dial = func() error { return l.open(ctx, body) }
	}
	if err := dial(); err != nil {
		l.rest.end(l)
		l.hooks.close()
		return nil, err
	}
	l.Run(ctx, l.own)
	return l, nil
}

// parameters are those of every request about a call, also the empty ones
// (https://www.twilio.com/docs/voice/twiml#request-parameters).
func parameters(s *twiliomedia.Start, from, to string) url.Values {
	form := url.Values{}
	for name, value := range map[string]string{
		"CallSid": s.CallSID, "AccountSid": s.AccountSID, "ApiVersion": "2010-04-01",
		"Direction": "inbound", "CallStatus": "ringing",
		"From": from, "Caller": from, "To": to, "Called": to,
		"FromCity": "SÃO PAULO & <Co>", "FromState": "SP", "FromZip": "", "FromCountry": "BR",
		"ToCity": "", "ToState": "CA", "ToZip": "", "ToCountry": "US",
	} {
		form.Set(name, value)
		// Twilio repeats the places of From and To under older names.
		if place, ok := strings.CutPrefix(name, "From"); ok && place != "" {
			form.Set("Caller"+place, value)
		}
		if place, ok := strings.CutPrefix(name, "To"); ok && place != "" {
			form.Set("Called"+place, value)
		}
	}
	return form
}

// dial makes the first two steps of a call: the webhook and the stream.
func (l *line) dial(ctx context.Context, voice string) error {
	doc, err := l.hooks.ask(ctx, stepVoice, voice, nil)
	if err != nil {
		return err
	}
	connect, stream, ok := doc.stream()
	if !ok {
		return &channel.RefusedError{Step: stepVoice, Status: http.StatusOK, Detail: doc.text}
	}
	if l.action, err = next(connect); err != nil {
		return err
	}
	l.stream = stream
	if l.start.CustomParameters, err = stream.customParameters(); err != nil {
		return err
	}
	err = l.connect(ctx, strings.HasPrefix(voice, "https:"))
	if err != nil {
		// The call exists at the gateway and would wait for its stream.
		return errors.Join(err, l.completed(ctx))
	}
	return nil
}

// open carries out a user's own TwiML: <Connect><Stream url="…"/></Connect>.
func (l *line) open(ctx context.Context, body *api.TwilioChannel) error {
	if body.MediaURL == "" {
		return errors.New("the channel has no media_url")
	}
	l.stream = noun{URL: body.MediaURL, Parameters: []parameter{{Name: "reason", Value: "own TwiML"}}}
	var err error
	if l.start.CustomParameters, err = l.stream.customParameters(); err != nil {
		return err
	}
	return l.connect(ctx, strings.HasPrefix(body.URL, "https:"))
}

// connect opens the stream exactly at the URL of the TwiML and starts it.
// Plain ws is for a gateway whose webhook is plain http too.
func (l *line) connect(ctx context.Context, encrypted bool) error {
	u, err := url.Parse(l.stream.URL)
	switch {
	case err != nil || u.Host == "":
		return errors.New("media: the stream's url is no URL (error 31923)")
	case u.Scheme != "wss" && (u.Scheme != "ws" || encrypted):
		return fmt.Errorf("media: the stream's scheme %q is not wss (error 31922)", u.Scheme)
	case u.RawQuery != "":
		return errors.New("media: the stream's url has a query, which Twilio does not send")
	}
	d := websocket.Dialer{
		Proxy: http.ProxyFromEnvironment, TLSClientConfig: l.hooks.tls.Clone(), HandshakeTimeout: upgradeTimeout,
	}
	header := http.Header{
		"User-Agent":      {userAgent},
		twiliosign.Header: {twiliosign.Sign(l.hooks.token.Reveal(), l.stream.URL, nil)},
	}
	ws, res, err := d.DialContext(ctx, l.stream.URL, header)
	if res != nil {
		defer res.Body.Close()
	}
	if errors.Is(err, websocket.ErrBadHandshake) {
		body, _ := io.ReadAll(io.LimitReader(res.Body, maxAnswer))
		return &channel.RefusedError{
			Step: stepMedia, Status: res.StatusCode,
			Detail: answerDetail(res.StatusCode, body) + " (error 31920)",
		}
	}
	if err != nil {
		return fmt.Errorf("media: open the stream: %w", err)
	}
	l.media = twiliomedia.NewPlatform(ws)
	if err := errors.Join(l.media.Connected(), l.media.Start(l.start)); err != nil {
		l.media.Close()
		return fmt.Errorf("media: start the stream: %w", err)
	}
	return nil
}

// next is where a verb's action is asked for; requests by GET, which Twilio
// also offers, are not simulated.
func next(v verb) (string, error) {
	if v.Method != "" && !strings.EqualFold(v.Method, http.MethodPost) {
		return "", fmt.Errorf("the action of <%s> is requested by %q; only POST is simulated", v.XMLName.Local, v.Method)
	}
	return v.Action, nil
}

// sid makes an id as Twilio does: two letters and 32 hexadecimal digits.
func sid(prefix string) string {
	var random [16]byte
	_, _ = rand.Read(random[:]) // never fails, see package crypto/rand
	return prefix + hex.EncodeToString(random[:])
}
