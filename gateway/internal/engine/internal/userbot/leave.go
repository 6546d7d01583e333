package userbot

import (
	"errors"
	"fmt"
	"time"

	"github.com/gorilla/websocket"

	"github.com/va-gateway/terraform-provider-va/gateway/internal/call"
	"github.com/va-gateway/terraform-provider-va/gateway/internal/protocol/wsconn"
)

const (
	// closeWait is how long a bot that is told that the call is over may take to
	// close the connection. Who closes the conversation waits for it.
	closeWait = 250 * time.Millisecond
	// VerdictWait is how long, after the bot could not be written to, its reader
	// may take to find out why.
	VerdictWait = 250 * time.Millisecond
)

// Left reports whether the error of a connection says that the bot closed it on
// purpose, rather than that it broke, restarts or complains.
func Left(err error) bool {
	code, ok := wsconn.Closed(err)
	switch code {
	case websocket.CloseNormalClosure, websocket.CloseNoStatusReceived:
		return ok
	}
	return ok && code >= firstOwnCode
}

// firstOwnCode is the first close code that applications give a meaning
// (RFC 6455 section 7.4.2).
const firstOwnCode = 3000

// Lost is the end of a conversation whose connection broke. Opening again does
// not help against messages that are none.
func Lost(err error) call.Event {
	return call.Event{
		Reason: "connection_lost", Err: fmt.Errorf("connection to the bot: %w", err),
		Retry: !errors.Is(err, websocket.ErrReadLimit) && !errors.Is(err, wsconn.ErrKind),
	}
}

// Leave closes a connection. Unless it is over, the bot is told farewell and gets
// a moment for an answer. Messages are taken from the reader until it closes the
// channel, which it does when the connection ends; a nil channel is that of a
// reader that has ended.
func Leave[T any](from <-chan T, over bool, farewell func() error, closeConn func()) {
	wait := time.Duration(0)
	if !over && farewell() == nil {
		wait = closeWait
	}
	timer := time.AfterFunc(wait, closeConn)
	defer timer.Stop()
	for from != nil {
		if _, ok := <-from; !ok {
			break
		}
	}
	closeConn()
}
