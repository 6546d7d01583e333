package channel

import (
	"context"
	"errors"
	"net/http"
	"net/url"
	"time"
)

// Clients authenticates the platforms of OAuthClient kinds as the token endpoint
// does: from memory, in constant time, with the same delays after failures.
// Errors: ErrCredentials, ErrScope, *WaitError.
type Clients interface {
	// Token verifies an access token for one channel and one scope.
	Token(ctx context.Context, token, channelID, scope string) (Client, error)
	// Secret verifies a client id and a client secret that came with a request.
	Secret(r *http.Request, clientID, secret string) (Client, error)
}

// Client is a platform that authenticated itself.
type Client struct {
	ID        string // client_id
	ChannelID string // the channel it is a client of
}

// Errors of Clients.
var (
	ErrCredentials = errors.New("the credentials are wrong or no longer valid")
	ErrScope       = errors.New("the access token does not carry the scope")
)

// WaitError means that too many attempts failed.
type WaitError struct{ After time.Duration }

// Error implements error.
func (e *WaitError) Error() string { return "too many attempts failed: wait " + e.After.String() }

// Basic reads client id and client secret from a header of HTTP Basic, both
// form-encoded (RFC 6749 section 2.3.1).
func Basic(header string) (clientID, secret string, ok bool) {
	r := http.Request{Header: http.Header{"Authorization": {header}}}
	user, password, ok := r.BasicAuth()
	if !ok {
		return "", "", false
	}
	clientID, err1 := url.QueryUnescape(user)
	secret, err2 := url.QueryUnescape(password)
	return clientID, secret, err1 == nil && err2 == nil
}
