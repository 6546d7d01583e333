package oauth

import (
	"context"
	"errors"
	"net/http"
	"time"

	"github.com/va-gateway/terraform-provider-va/gateway/internal/channel"
)

var _ channel.Clients = (*Endpoint)(nil)

// Token implements channel.Clients.
func (e *Endpoint) Token(ctx context.Context, token, channelID, scope string) (channel.Client, error) {
	c, err := e.Verify(ctx, token, channelID, scope)
	var refused *RefusedError
	switch {
	case errors.As(err, &refused) && refused.Class == ClassScope:
		return channel.Client{}, channel.ErrScope
	case err != nil:
		return channel.Client{}, channel.ErrCredentials
	}
	return channel.Client{ID: c.ClientID, ChannelID: c.Audience}, nil
}

// Secret implements channel.Clients. The credentials of a disabled channel are
// right: what that means is for the kind to say.
func (e *Endpoint) Secret(r *http.Request, clientID, secret string) (channel.Client, error) {
	if usable(credentials{clientID, secret}, true) != presentedOne {
		return channel.Client{}, channel.ErrCredentials
	}
	var client Client
	checked := false
	wait, ok := e.failed.attempt(clientID, e.Prefix(r), func() (right bool) {
		checked = true
		client, right = e.secrets.match(clientID, secret)
		return right
	})
	switch {
	case !checked:
		return channel.Client{}, &channel.WaitError{After: max(wait, time.Second)}
	case !ok:
		return channel.Client{}, channel.ErrCredentials
	}
	return channel.Client{ID: client.ID, ChannelID: client.ChannelID}, nil
}
