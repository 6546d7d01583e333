package threeclogic

import "github.com/va-gateway/terraform-provider-va/gateway/internal/protocol/wirejson"

// dialect is how a peer frames a call.
type dialect uint8

const (
	unknownFraming dialect = iota
	probing                // asks whether the connection works, decides nothing
	mediaStreams
	audioCodes
)

// detect tells the dialect of a first message.
func detect(msg []byte) dialect {
	f := wirejson.Parse(msg)
	hasEvent, hasType := f.Has("event"), f.Has("type")
	if f.Problem() != "" || hasEvent == hasType {
		return unknownFraming
	}
	switch event, kind := f.Text("event", false), f.Text("type", false); {
	case event == "connected", event == "start":
		return mediaStreams
	case kind == "session.initiate", kind == "session.resume":
		return audioCodes
	case kind == "connection.validate":
		return probing
	}
	return unknownFraming
}
