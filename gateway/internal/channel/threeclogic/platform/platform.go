package platform

import (
	"context"
	"crypto/rand"
	"errors"
	"fmt"
	"io"
	"net/http"
	"slices"
	"time"

	"github.com/gorilla/websocket"

	"github.com/va-gateway/terraform-provider-va/gateway/api"
	"github.com/va-gateway/terraform-provider-va/gateway/internal/audio"
	"github.com/va-gateway/terraform-provider-va/gateway/internal/channel"
	"github.com/va-gateway/terraform-provider-va/gateway/internal/channel/internal/handset"
	"github.com/va-gateway/terraform-provider-va/gateway/internal/protocol/audiocodes"
	"github.com/va-gateway/terraform-provider-va/gateway/internal/protocol/twiliomedia"
)

// timeout bounds each step of placing a call.
const timeout = 10 * time.Second

// Platform places calls on channels of the kind 3clogic.
type Platform struct {
	// Protocol is api.ThreeCLogicMediaStreams or api.ThreeCLogicAudioCodes; empty
	// takes what the channel is pinned to, else the first.
	Protocol string
	// Auth is one of the API's auth_methods; empty takes one that the channel
	// allows.
	Auth string
	// Media Streams: the spelling of names, the format (µ-law at 8 kHz if it is
	// zero) and the parameters of the call.
	Spelling   twiliomedia.Spelling
	Format     twiliomedia.MediaFormat
	Parameters map[string]string
	// AudioCodes: the formats that are offered; nil means both.
	Formats []string
}

// Dial places a call. It lasts until one side ends it or ctx is cancelled.
// Errors: *channel.RefusedError when the gateway said no.
func (p Platform) Dial(ctx context.Context, at channel.Placement) (channel.Line, error) {
	body, ok := at.Body.(*api.ThreeCLogicChannel)
	if !ok {
		return nil, fmt.Errorf("a channel of kind %q is not called by 3CLogic", at.Body.Common().Kind)
	}
	ws, err := p.connect(ctx, body, at.Credentials[channel.ClientSecret])
	if err != nil {
		return nil, err
	}
	l := &line{id: "call-" + rand.Text(), gone: make(chan error, 1)}
	protocol := p.Protocol
	if protocol == "" {
		protocol = body.Protocol
	}
	if protocol == api.ThreeCLogicAudioCodes {
		l.wire = &bot{formats: p.Formats, parameters: p.Parameters}
	} else {
		l.wire = &media{
			spelling: p.Spelling, announced: p.Format, parameters: p.Parameters,
			big: body.L16ByteOrder == api.ThreeCLogicBig,
		}
	}
	if err := l.wire.open(ws, l, at); err != nil {
		_ = ws.Close() // the error says more
		return nil, err
	}
	l.Handset = handset.New(l.wire.format())
	l.Run(ctx, l.own)
	return l, nil
}

// connect opens the WebSocket of a channel.
func (p Platform) connect(ctx context.Context, c *api.ThreeCLogicChannel, secret string) (*websocket.Conn, error) {
	header, protocols, err := p.authenticate(ctx, c, secret)
	if err != nil {
		return nil, err
	}
	d := websocket.Dialer{
		Proxy: http.ProxyFromEnvironment, HandshakeTimeout: timeout, Subprotocols: protocols,
	}
	ws, res, err := d.DialContext(ctx, c.URL, header)
	if res != nil {
		defer res.Body.Close()
	}
	if errors.Is(err, websocket.ErrBadHandshake) {
		return nil, refused("stream", res)
	}
	if err != nil {
		return nil, fmt.Errorf("open the stream: %w", err)
	}
	if len(protocols) > 0 && ws.Subprotocol() != protocols[0] {
		_ = ws.Close() // the error says more
		return nil, fmt.Errorf("the gateway answered the subprotocol %q, not %q", ws.Subprotocol(), protocols[0])
	}
	return ws, nil
}

// maxAnswer bounds what is read of an answer, in bytes.
const maxAnswer = 16 << 10

func refused(step string, res *http.Response) error {
	text, _ := io.ReadAll(io.LimitReader(res.Body, maxAnswer))
	return &channel.RefusedError{
		Step: step, Status: res.StatusCode, Detail: fmt.Sprintf("HTTP status %d %s", res.StatusCode, text),
	}
}

// method is how the platform authenticates itself.
func (p Platform) method(c *api.ThreeCLogicChannel) string {
	if p.Auth != "" {
		return p.Auth
	}
	for _, m := range []string{
		api.ThreeCLogicBasic, api.ThreeCLogicBearer, api.ThreeCLogicHeaders, api.ThreeCLogicTicket,
	} {
		if slices.Contains(c.AuthMethods, m) {
			return m
		}
	}
	return api.ThreeCLogicBasic
}

// wire is one of the two framings.
type wire interface {
	// open begins a call.
	open(ws *websocket.Conn, l *line, at channel.Placement) error
	format() audio.Format
	// say sends 20 ms of the caller, at the time since the begin of the call.
	say(at time.Duration, frame []byte) error
	press(digit byte) error
	// played tells that the audio before these marks was heard or dropped.
	played(marks []string) error
	// read carries out one message of the gateway on the line.
	read(l *line) error
	// stop tells that the caller is gone.
	stop() error
	close()
}

// offered are the formats that a bot platform offers.
func offered(formats []string) []string {
	if formats == nil {
		return []string{audiocodes.Linear16, audiocodes.Linear24}
	}
	return formats
}
