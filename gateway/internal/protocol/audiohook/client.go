package audiohook

import (
	"encoding/json"
	"strconv"
	"sync/atomic"
	"time"

	"github.com/gorilla/websocket"

	"github.com/va-gateway/terraform-provider-va/gateway/internal/protocol/wsconn"
)

// Client is Genesys' end of a session. Read is called by one goroutine;
// everything else may be called by others.
type Client struct {
	conn
	samples atomic.Int64 // sent so far
}

// NewClient takes over an open connection; id is the session of its upgrade.
func NewClient(ws *websocket.Conn, id string) *Client {
	c := &Client{}
	c.peer = peerServer
	c.decoder = decoder{peer: peerClient, kinds: fromServer, strict: true}
	c.begin(wsconn.New(ws, limits), id)
	return c
}

// send sends a text message with the position, which belongs to every message
// of the client.
func (c *Client) send(kind string, parameters func([]byte) []byte) error {
	position := time.Duration(c.samples.Load()) * time.Second / Rate
	return c.ws.Send(wsconn.Text, func(dst []byte) []byte {
		dst = appendEnvelope(dst, c.decoder.id, kind, c.seq.Add(1), c.peer, c.seen.Load(), parameters)
		dst = append(dst[:len(dst)-1], `,"position":"`...)
		return append(appendDuration(dst, position), `"}`...)
	})
}

// Open sends the first message. Input and CustomConfig are left out if empty.
func (c *Client) Open(o OpenParameters) error {
	return c.send("open", func(dst []byte) []byte {
		dst = appendMember(dst, "organizationId", o.OrganizationID)
		dst = appendMember(append(dst, ','), "conversationId", o.ConversationID)
		dst = appendMember(append(dst, `,"participant":{`...), "id", o.Participant.ID)
		dst = appendMember(append(dst, ','), "ani", o.Participant.ANI)
		dst = appendMember(append(dst, ','), "aniName", o.Participant.ANIName)
		dst = appendMember(append(dst, ','), "dnis", o.Participant.DNIS)
		dst = appendMedia(append(dst, `},`...), o.Media)
		if o.Language != "" {
			dst = appendMember(append(dst, ','), "language", o.Language)
		}
		if len(o.Input) > 0 {
			dst = appendStrings(append(dst, `,"inputVariables":`...), o.Input)
		}
		return dst
	})
}

// Audio sends audio of one channel.
func (c *Client) Audio(audio []byte) error {
	c.samples.Add(int64(len(audio)))
	return c.ws.Send(wsconn.Binary, func(dst []byte) []byte { return append(dst, audio...) })
}

// Ping wants a Pong; rtt is how long the last one took.
func (c *Client) Ping(rtt time.Duration) error {
	return c.send("ping", func(dst []byte) []byte {
		return append(appendDuration(append(dst, `"rtt":"`...), rtt), '"')
	})
}

// Close ends the session.
func (c *Client) Close(reason string) error {
	return c.send("close", func(dst []byte) []byte { return appendMember(dst, "reason", reason) })
}

// DTMF sends a pressed key.
func (c *Client) DTMF(digit string) error {
	return c.send("dtmf", func(dst []byte) []byte { return appendMember(dst, "digit", digit) })
}

// PlaybackStarted says that audio began to be played.
func (c *Client) PlaybackStarted() error { return c.send("playback_started", nil) }

// PlaybackCompleted says that nothing is left to play.
func (c *Client) PlaybackCompleted() error { return c.send("playback_completed", nil) }

// Update changes the language.
func (c *Client) Update(language string) error {
	return c.send("update", func(dst []byte) []byte { return appendMember(dst, "language", language) })
}

// Error reports a problem; retryAfter 0 is left out.
func (c *Client) Error(code int, message string, retryAfter time.Duration) error {
	return c.send("error", func(dst []byte) []byte {
		dst = append(strconv.AppendInt(append(dst, `"code":`...), int64(code), 10), ',')
		dst = appendMember(dst, "message", message)
		if retryAfter > 0 {
			dst = append(appendDuration(append(dst, `,"retryAfter":"`...), retryAfter), '"')
		}
		return dst
	})
}

// Gap says that audio was left out: kind is Discarded, Paused or Resumed.
func (c *Client) Gap(kind Kind, start, discarded time.Duration) error {
	if kind == Paused {
		return c.send("paused", nil)
	}
	name := map[Kind]string{Discarded: "discarded", Resumed: "resumed"}[kind]
	return c.send(name, func(dst []byte) []byte {
		dst = append(appendDuration(append(dst, `"start":"`...), start), `","discarded":"`...)
		return append(appendDuration(dst, discarded), '"')
	})
}

// Send sends a message of any type, for what a client of another version may
// do; parameters are one JSON object.
func (c *Client) Send(kind string, parameters json.RawMessage) error {
	return c.send(kind, func(dst []byte) []byte { return append(dst, parameters[1:len(parameters)-1]...) })
}
