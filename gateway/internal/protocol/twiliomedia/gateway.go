package twiliomedia

import (
	"net/http"

	"github.com/gorilla/websocket"

	"github.com/va-gateway/terraform-provider-va/gateway/internal/protocol/wsconn"
)

// Gateway is the gateway's end of a stream. Read is called by one goroutine;
// everything else may be called by others.
type Gateway struct {
	conn
	decoder Decoder
}

// Accept upgrades a request. On an error it has answered the request.
//
// Origin is not checked: Twilio sends none, and the request was authenticated
// by its signature and ticket, which a browser cannot have.
func Accept(w http.ResponseWriter, r *http.Request) (*Gateway, error) {
	u := websocket.Upgrader{CheckOrigin: func(*http.Request) bool { return true }}
	ws, err := u.Upgrade(w, r, nil)
	if err != nil {
		return nil, err
	}
	return NewGateway(ws), nil
}

// NewGateway takes over an open connection.
func NewGateway(ws *websocket.Conn) *Gateway {
	return &Gateway{conn: conn{wsconn.NewServer(ws, limits)}}
}

// Read waits for the next message. Messages of kind Unknown and Malformed are
// passed on too. An error ends the connection; wsconn.Closed tells a close
// frame from a broken connection.
func (g *Gateway) Read(m *Message) error {
	msg, err := g.next()
	if err != nil {
		return err
	}
	g.decoder.FromPlatform(msg, m)
	return nil
}

// Skip reads the next message and forgets it. What Read gave last stays valid.
func (g *Gateway) Skip() error {
	_, err := g.next()
	return err
}

// Stats counts what was ignored; call it from the goroutine that reads.
func (g *Gateway) Stats() DecodeStats { return g.decoder.Stats() }

// Media sends audio, which must not be empty.
func (g *Gateway) Media(streamSID string, audio []byte) error {
	return g.send(func(dst []byte) []byte { return AppendMedia(dst, streamSID, audio) })
}

// Mark asks for an echo once everything sent so far was played or cleared.
func (g *Gateway) Mark(streamSID, name string) error {
	return g.send(func(dst []byte) []byte { return AppendMark(dst, streamSID, name) })
}

// MarkedMedia is Media and Mark in one piece.
func (g *Gateway) MarkedMedia(streamSID string, audio []byte, name string) error {
	return g.send(
		func(dst []byte) []byte { return AppendMedia(dst, streamSID, audio) },
		func(dst []byte) []byte { return AppendMark(dst, streamSID, name) },
	)
}

// Clear drops unplayed audio; all pending marks are echoed.
func (g *Gateway) Clear(streamSID string) error {
	return g.send(func(dst []byte) []byte { return AppendClear(dst, streamSID) })
}
