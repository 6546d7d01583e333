package audiohook

import (
	"maps"
	"net/http"
	"slices"

	"github.com/gorilla/websocket"

	"github.com/va-gateway/terraform-provider-va/gateway/internal/protocol/wsconn"
)

// Server is the gateway's end of a session. Read is called by one goroutine;
// everything else may be called by others.
type Server struct{ conn }

// Accept upgrades a request; id is its session. On an error it has answered the
// request.
//
// Origin is not checked: Genesys sends none, and the request was authenticated
// by its signature, which a browser cannot make.
func Accept(w http.ResponseWriter, r *http.Request, id string) (*Server, error) {
	u := websocket.Upgrader{CheckOrigin: func(*http.Request) bool { return true }}
	ws, err := u.Upgrade(w, r, nil)
	if err != nil {
		return nil, err
	}
	return NewServer(ws, id), nil
}

// NewServer takes over an open connection.
func NewServer(ws *websocket.Conn, id string) *Server {
	s := &Server{}
	s.peer = peerClient
	s.decoder = decoder{peer: peerServer, kinds: fromClient}
	s.begin(wsconn.NewServer(ws, limits), id)
	return s
}

// Audio sends audio in the form of the chosen media, see Media.Append.
func (s *Server) Audio(media Media, audio []byte) error {
	return s.ws.Send(wsconn.Binary, func(dst []byte) []byte { return media.Append(dst, audio) })
}

// Opened answers an Open with the chosen media.
func (s *Server) Opened(media Media) error {
	return s.text("opened", func(dst []byte) []byte {
		return append(appendMedia(dst, []Media{media}), `,"startPaused":false`...)
	})
}

// Pong answers the Ping with that number.
func (s *Server) Pong(seq int64) error {
	return s.numbered("pong", func() int64 { return seq }, nil)
}

// Updated answers an Update.
func (s *Server) Updated() error { return s.text("updated", nil) }

// Closed answers a Close; shut the connection down next.
func (s *Server) Closed() error { return s.text("closed", nil) }

// BargeIn makes the client drop the audio it has not played.
func (s *Server) BargeIn() error {
	return s.text("event", func(dst []byte) []byte {
		return append(dst, `"entities":[{"type":"barge_in","data":{}}]`...)
	})
}

// Disconnect asks the client to close. An empty info and no variables are left
// out.
func (s *Server) Disconnect(reason, info string, output map[string]string) error {
	return s.text("disconnect", func(dst []byte) []byte {
		dst = appendMember(dst, "reason", reason)
		if info != "" {
			dst = appendMember(append(dst, ','), "info", info)
		}
		if len(output) > 0 {
			dst = append(dst, `,"outputVariables":`...)
			dst = appendStrings(dst, output)
		}
		return dst
	})
}

// appendStrings appends an object of strings, in the order of their names.
func appendStrings(dst []byte, values map[string]string) []byte {
	dst = append(dst, '{')
	for i, name := range slices.Sorted(maps.Keys(values)) {
		if i > 0 {
			dst = append(dst, ',')
		}
		dst = append(appendString(dst, name), ':')
		dst = appendString(dst, values[name])
	}
	return append(dst, '}')
}
