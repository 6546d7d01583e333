package platform

import (
	"context"
	"crypto/rand"
	"crypto/tls"
	"crypto/x509"
	"encoding/base64"
	"encoding/hex"
	"errors"
	"fmt"
	"net/http"
	"net/url"
	"time"

	"github.com/gorilla/websocket"

	"github.com/va-gateway/terraform-provider-va/gateway/api"
	"github.com/va-gateway/terraform-provider-va/gateway/internal/channel"
	"github.com/va-gateway/terraform-provider-va/gateway/internal/protocol/audiohook"
	"github.com/va-gateway/terraform-provider-va/gateway/internal/protocol/audiohook/signature"
	"github.com/va-gateway/terraform-provider-va/gateway/internal/protocol/wsconn"
)

// Steps of a call, as refusals name them.
const (
	stepUpgrade = "upgrade"
	stepOpen    = "open"
)

const (
	// upgradeTimeout bounds the connection and its upgrade.
	upgradeTimeout = 10 * time.Second
	// openedTimeout is how long the server may take to answer "open".
	openedTimeout = 5 * time.Second
	// lifetime is that of a signature.
	lifetime = 30 * time.Second
)

// Genesys places calls on channels of the kind genesys_audio_connector.
type Genesys struct {
	// Roots verifies wss endpoints; nil means the system's pool.
	Roots *x509.CertPool
	// Join stands between the base connection URI and the connector ID: it is
	// not documented what does. Empty means a slash; see NoJoin.
	Join string
	// Query is added to the URI, without the question mark.
	Query string
	// Offers are the media; nil means those of the Audio Connector.
	Offers []audiohook.Media
	// Input are the session variables of the flow's action.
	Input map[string]string
	// Received, if set, is told of every message of audio when it comes, in
	// bytes.
	Received func(at time.Time, bytes int)
}

// NoJoin puts the connector ID right behind the base connection URI.
const NoJoin = "none"

// ConnectorOffers are what the Audio Connector offers.
var ConnectorOffers = []audiohook.Media{audiohook.Offer(audiohook.FormatPCMU, audiohook.ChannelExternal)}

// ProbeOffers are what a connection probe offers.
var ProbeOffers = []audiohook.Media{
	audiohook.Offer(audiohook.FormatPCMU, audiohook.ChannelExternal, audiohook.ChannelInternal),
	audiohook.Offer(audiohook.FormatPCMU, audiohook.ChannelExternal),
	audiohook.Offer(audiohook.FormatPCMU, audiohook.ChannelInternal),
}

// Dial opens a session and gives the caller's end of it. A gateway that
// disconnects instead of opening it gives a line that has ended: the flow takes
// its failure path. Errors: *channel.RefusedError when the gateway said no
// before.
func (g Genesys) Dial(ctx context.Context, p channel.Placement) (channel.Line, error) {
	session, err := g.connect(ctx, p)
	if err != nil {
		return nil, err
	}
	offers := g.Offers
	if offers == nil {
		offers = ConnectorOffers
	}
	open := session.open
	open.ConversationID, open.Media, open.Input = uuid(), offers, g.Input
	open.Participant = audiohook.Participant{ID: uuid(), ANI: "tel:" + p.From, DNIS: p.To}
	l := newLine(session, g.Received)
	if err := l.begin(open); err != nil {
		session.Release()
		return nil, err
	}
	l.Run(ctx, l.own)
	return l, nil
}

// Probe tries the connection, as Genesys does when an integration is saved or
// activated; without an error it can be.
func (g Genesys) Probe(ctx context.Context, p channel.Placement) error {
	session, err := g.connect(ctx, p)
	if err != nil {
		return err
	}
	defer session.Release()
	open := session.open
	open.ConversationID, open.Participant.ID, open.Media = audiohook.Probe, audiohook.Probe, ProbeOffers
	l := newLine(session, nil)
	if err := l.begin(open); err != nil {
		return err
	}
	if l.end.ByGateway {
		return &channel.RefusedError{Step: stepOpen, Status: http.StatusSwitchingProtocols, Detail: l.end.Detail}
	}
	if err := session.Close(audiohook.ReasonEnd); err != nil {
		return fmt.Errorf("close the probe: %w", err)
	}
	session.ReadUntil(time.Now().Add(closedTimeout))
	var m audiohook.Message
	if err := session.Read(&m); err != nil || m.Kind != audiohook.Closed {
		return fmt.Errorf("the probe's close was not answered: %w", err)
	}
	return nil
}

// session is an open connection with the ids of its upgrade.
type session struct {
	*audiohook.Client
	id   string
	open audiohook.OpenParameters // what is known of it
}

// connect signs and makes the upgrade request.
func (g Genesys) connect(ctx context.Context, p channel.Placement) (*session, error) {
	body, ok := p.Body.(*api.GenesysAudioConnectorChannel)
	if !ok {
		return nil, fmt.Errorf("a channel of kind %q is not called by Genesys Cloud", p.Body.Common().Kind)
	}
	target, err := g.target(body)
	if err != nil {
		return nil, err
	}
	s := &session{id: uuid(), open: audiohook.OpenParameters{OrganizationID: uuid(), Language: "en-US"}}
	header := http.Header{
		"Audiohook-Organization-Id": {s.open.OrganizationID},
		"Audiohook-Session-Id":      {s.id},
		"Audiohook-Correlation-Id":  {uuid()},
		"User-Agent":                {"GenesysCloud-AudioHook-Client"},
	}
	if err := sign(target, header, p.Credentials); err != nil {
		return nil, err
	}
	d := websocket.Dialer{
		Proxy: http.ProxyFromEnvironment, HandshakeTimeout: upgradeTimeout,
		TLSClientConfig: &tls.Config{MinVersion: tls.VersionTLS12, RootCAs: g.Roots},
	}
	ws, res, err := d.DialContext(ctx, target.String(), header)
	if res != nil {
		defer res.Body.Close()
	}
	if errors.Is(err, websocket.ErrBadHandshake) {
		return nil, &channel.RefusedError{
			Step: stepUpgrade, Status: res.StatusCode,
			Detail: fmt.Sprintf("%d %s", res.StatusCode, http.StatusText(res.StatusCode)),
		}
	}
	if err != nil {
		return nil, fmt.Errorf("upgrade: %w", err)
	}
	s.Client = audiohook.NewClient(ws, s.id)
	return s, nil
}

// target is the URI that Genesys makes of the two settings.
func (g Genesys) target(body *api.GenesysAudioConnectorChannel) (*url.URL, error) {
	join := g.Join
	switch join {
	case "":
		join = "/"
	case NoJoin:
		join = ""
	}
	u, err := url.Parse(body.BaseConnectionURI + join + body.ConnectorID)
	switch {
	case err != nil || u.Host == "" || body.ConnectorID == "":
		return nil, errors.New("the channel has no base_connection_uri and connector_id")
	case u.Scheme != "wss" && u.Scheme != "ws":
		return nil, fmt.Errorf("the scheme %q of base_connection_uri is not wss", u.Scheme)
	}
	u.RawQuery = g.Query
	return u, nil
}

func sign(target *url.URL, header http.Header, credentials map[string]string) error {
	key, text := credentials["api_key"], credentials["client_secret"]
	if key == "" || text == "" {
		return errors.New("the channel's api_key and client_secret are unknown")
	}
	secret, err := base64.StdEncoding.DecodeString(text)
	if err != nil {
		secret = []byte(text) // Genesys would not store it; whatever is signed with it must be refused
	}
	r := signature.Request{Target: target.RequestURI(), Host: target.Host, Header: header}
	return signature.Sign(r, key, base64.StdEncoding.EncodeToString(random(18)), secret, time.Now(), lifetime)
}

// begin sends "open" and waits for the answer. A line whose gateway
// disconnected instead has ended.
func (l *line) begin(open audiohook.OpenParameters) error {
	if err := l.session.Open(open); err != nil {
		return fmt.Errorf("open: %w", err)
	}
	l.session.ReadUntil(time.Now().Add(openedTimeout))
	defer l.session.ReadUntil(time.Time{})
	var m audiohook.Message
	err := l.session.Read(&m)
	switch {
	case err != nil:
		if code, ok := wsconn.Closed(err); ok {
			return &channel.RefusedError{
				Step: stepOpen, Status: http.StatusSwitchingProtocols, Detail: fmt.Sprintf("closed with code %d", code),
			}
		}
		return fmt.Errorf("wait for opened: %w", err)
	case m.Kind == audiohook.Disconnect:
		l.departed(&m)
		return nil
	case m.Kind != audiohook.Opened:
		return fmt.Errorf("another message came before opened: %s", m.Problem)
	case len(m.Media) != 1:
		return fmt.Errorf("opened names %d media, not 1", len(m.Media))
	}
	for _, offer := range open.Media {
		if offer.Is(m.Media[0]) {
			l.media = offer
			return nil
		}
	}
	return errors.New("opened names media that were not offered")
}

// uuid makes a random one (version 4).
func uuid() string {
	b := random(16)
	b[6], b[8] = b[6]&0x0f|0x40, b[8]&0x3f|0x80
	s := hex.EncodeToString(b)
	return s[:8] + "-" + s[8:12] + "-" + s[12:16] + "-" + s[16:20] + "-" + s[20:]
}

func random(n int) []byte {
	b := make([]byte, n)
	_, _ = rand.Read(b) // never fails, see package crypto/rand
	return b
}
