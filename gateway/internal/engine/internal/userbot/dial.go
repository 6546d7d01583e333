package userbot

import (
	"context"
	"fmt"
	"net/http"
	"time"

	"github.com/gorilla/websocket"

	"github.com/va-gateway/terraform-provider-va/gateway/internal/protocol/twiliosign"
	"github.com/va-gateway/terraform-provider-va/gateway/internal/protocol/wsconn"
)

const userAgent = "TwilioProxy/1.1"

// Dial connects to a bot at exactly the URL that was configured, and signs that
// as Twilio does so that the bot keeps its check. Without a key it signs nothing.
// Errors hold neither.
func Dial(ctx context.Context, d wsconn.Dialer, target, key string) (*websocket.Conn, error) {
	h := http.Header{"User-Agent": {userAgent}}
	if key != "" {
		h[twiliosign.Header] = []string{twiliosign.Sign(key, target, nil)}
	}
	ws, err := d.DialWebSocket(ctx, target, h)
	switch {
	case ctx.Err() != nil:
		if err == nil {
			_ = ws.Close()
		}
		return nil, fmt.Errorf("connect to the bot: %w", ctx.Err())
	case err != nil:
		return nil, fmt.Errorf("connect to the bot: %w", err)
	}
	return ws, nil
}

// Limits of a connection to a bot. One that shows no life for ten seconds,
// although it is pinged, hangs; the call must not wait longer for it.
func Limits(message int64) wsconn.Limits {
	return wsconn.Limits{Message: message, Idle: 10 * time.Second, Ping: 4 * time.Second, Write: 5 * time.Second}
}
