package bench

import (
	"encoding/json"
	"net/http"

	"github.com/gorilla/websocket"
)

// Bridge is the minimal Media Streams bridge: encoding/json, no authentication,
// no pacing, no marks, no records. It says back what it hears. It is a
// yardstick and stays as it is; tuning it would change what every earlier
// figure means.
//
// https://www.twilio.com/docs/voice/media-streams/websocket-messages
func Bridge() http.Handler {
	upgrader := websocket.Upgrader{CheckOrigin: func(*http.Request) bool { return true }}
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		ws, err := upgrader.Upgrade(w, r, nil)
		if err != nil {
			return
		}
		bridge(ws)
	})
}

// bridgeMessage is every message of both directions.
type bridgeMessage struct {
	Event     string       `json:"event"`
	StreamSID string       `json:"streamSid,omitempty"`
	Media     *bridgeMedia `json:"media,omitempty"`
}

type bridgeMedia struct {
	Payload []byte `json:"payload"` // encoding/json reads and writes base64
}

// bridge runs one call: what was read goes to the engine, which is a queue
// here, and what the engine says is written.
func bridge(ws *websocket.Conn) {
	defer ws.Close()
	engine := make(chan bridgeMessage, 50)
	written := make(chan struct{})
	go func() {
		defer close(written)
		for m := range engine {
			if ws.WriteJSON(m) != nil {
				_ = ws.Close() // ends the reading
				for range engine {
				}
				return
			}
		}
	}()
	defer func() {
		close(engine)
		<-written
	}()
	for {
		_, data, err := ws.ReadMessage()
		if err != nil {
			return
		}
		var m bridgeMessage
		if json.Unmarshal(data, &m) != nil {
			return
		}
		switch m.Event {
		case "media":
			engine <- bridgeMessage{
				Event: "media", StreamSID: m.StreamSID, Media: &bridgeMedia{Payload: m.Media.Payload},
			}
		case "stop":
			return
		}
	}
}
