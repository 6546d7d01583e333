package threeclogic

import (
	"errors"
	"net/http"
	"net/url"
	"slices"
	"strings"

	"github.com/va-gateway/terraform-provider-va/gateway/api"
	"github.com/va-gateway/terraform-provider-va/gateway/internal/channel"
)

// Headers of the method "headers".
const (
	headerID     = "X-Client-Id"
	headerSecret = "X-Client-Secret"
)

// Subprotocols of the method "ticket"; the first is the one that is answered.
const (
	subprotocol    = "va.v1"
	ticketProtocol = "va.ticket."
)

// Reasons why a request is refused.
const (
	reasonQuerySecret = "secret_in_query"
	reasonManyMethods = "many_auth_methods"
	reasonCredentials = "credentials_mismatch"
	reasonScope       = "scope_missing"
	reasonBackOff     = "back_off"
	reasonNoUpgrade   = "not_a_websocket"
	reasonOrigin      = "origin_not_allowed"
	reasonUnavailable = "gateway_failed"
)

// forbidden are parameters that would put a secret into URLs, hence into logs.
var forbidden = []string{"client_secret", "token", "access_token", "authorization"}

// secretInQuery reports whether a request has a parameter that is forbidden.
func secretInQuery(r *http.Request) bool {
	values, _ := url.ParseQuery(r.URL.RawQuery) // what can be read is looked at
	for name := range values {
		if slices.Contains(forbidden, strings.ToLower(name)) {
			return true
		}
	}
	return false
}

// credential is what a request authenticates itself with.
type credential struct {
	method       string // one of the API's auth_methods; empty: none that is known
	id, secret   string
	token        string
	contradicted bool // more than one method
}

// presented finds the credential of a request.
func presented(r *http.Request) (c credential) {
	methods := 0
	for _, header := range r.Header.Values("Authorization") {
		methods++
		scheme, rest, _ := strings.Cut(header, " ")
		switch {
		case strings.EqualFold(scheme, "Bearer"):
			c.method, c.token = api.ThreeCLogicBearer, strings.TrimSpace(rest)
		case strings.EqualFold(scheme, "Basic"):
			if id, secret, ok := channel.Basic(header); ok {
				c.method, c.id, c.secret = api.ThreeCLogicBasic, id, secret
			}
		}
	}
	ids, secrets := r.Header.Values(headerID), r.Header.Values(headerSecret)
	if n := max(len(ids), len(secrets)); n > 0 {
		methods += n
		if len(ids) == 1 && len(secrets) == 1 {
			c.method, c.id, c.secret = api.ThreeCLogicHeaders, ids[0], secrets[0]
		}
	}
	for _, line := range r.Header.Values("Sec-WebSocket-Protocol") {
		for _, name := range strings.Split(line, ",") {
			if ticket, ok := strings.CutPrefix(strings.TrimSpace(name), ticketProtocol); ok {
				methods++
				c.method, c.token = api.ThreeCLogicTicket, ticket
			}
		}
	}
	c.contradicted = methods > 1
	return c
}

// authenticate finds the channel of a request and the client that sent it. It
// answers the request itself if that is not allowed. An unknown channel and a
// wrong credential get the same answer after the same work.
func (h *handler) authenticate(w http.ResponseWriter, r *http.Request, step, scope string) (
	live *channel.Live, client channel.Client, ok bool,
) {
	live, known := h.g.Channel(api.KindThreeCLogic, r.PathValue("id"))
	deny := func(status int, reason, detail string, auth bool) {
		h.refuse(w, r, live, status, channel.Refusal{Step: step, Reason: reason, Detail: detail, Auth: auth})
	}
	if secretInQuery(r) {
		deny(http.StatusBadRequest, reasonQuerySecret, "a secret in a URL ends up in logs: it belongs into a header", false)
		return nil, client, false
	}
	c := presented(r)
	if c.contradicted {
		deny(http.StatusBadRequest, reasonManyMethods, "exactly one method may authenticate a request", false)
		return nil, client, false
	}
	client, err := h.check(r, live, c, scope)
	if err == nil && (!known || client.ChannelID != live.ID || !slices.Contains(body(live).AuthMethods, c.method)) {
		err = channel.ErrCredentials
	}
	var wait *channel.WaitError
	switch {
	case err == nil:
		return live, client, true
	case errors.As(err, &wait):
		w.Header().Set("Retry-After", seconds(wait.After))
		deny(http.StatusTooManyRequests, reasonBackOff, "too many attempts failed", true)
	case errors.Is(err, channel.ErrScope) && known:
		deny(http.StatusForbidden, reasonScope, "the access token does not carry "+scope, true)
	case errors.Is(err, channel.ErrCredentials), errors.Is(err, channel.ErrScope):
		w.Header().Set("WWW-Authenticate", `Bearer, Basic realm="va"`)
		detail := "no credential"
		if c.method != "" {
			detail = "the " + c.method + " credential is wrong, expired, of another channel or not allowed by auth_methods"
		}
		deny(http.StatusUnauthorized, reasonCredentials, detail, true)
	default:
		deny(http.StatusServiceUnavailable, reasonUnavailable, "", false)
	}
	return nil, channel.Client{}, false
}

// check verifies a credential, whether or not the channel exists and takes it.
func (h *handler) check(r *http.Request, live *channel.Live, c credential, scope string) (channel.Client, error) {
	switch c.method {
	case api.ThreeCLogicBearer:
		return h.g.Clients().Token(r.Context(), c.token, r.PathValue("id"), scope)
	case api.ThreeCLogicBasic, api.ThreeCLogicHeaders:
		return h.g.Clients().Secret(r, c.id, c.secret)
	case api.ThreeCLogicTicket:
		if scope != channel.ScopeStreamConnect {
			break
		}
		return h.redeem(r.Context(), live, c.token)
	}
	return channel.Client{}, channel.ErrCredentials
}
