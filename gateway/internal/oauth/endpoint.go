package oauth

import (
	"context"
	"errors"
	"net"
	"net/http"
	"strings"
	"time"

	"github.com/va-gateway/terraform-provider-va/gateway/internal/channel"
	"github.com/va-gateway/terraform-provider-va/gateway/internal/telemetry"
)

// Paths of the public listener.
const (
	pathToken    = "/oauth2/token"
	pathRevoke   = "/oauth2/revoke"
	pathKeys     = "/oauth2/jwks.json"
	pathMetadata = "/.well-known/oauth-authorization-server"
)

// cacheKeys is how long others may keep the key set: much shorter than a key
// is published before its first use.
const cacheKeys = "public, max-age=300"

// Endpoint is the token endpoint. Fill the exported fields, then call Register
// once.
type Endpoint struct {
	// Verifier brings issuer, keys, deny list and clients.
	*Verifier
	// Index is the keyed hash of a presented secret.
	Index func(kind, presented string) []byte
	// Prefix is the network a request comes from: limits count for it.
	Prefix func(*http.Request) string
	// Refuse records a refused attempt on a channel.
	Refuse func(ctx context.Context, channelID string, r channel.Refusal)

	secrets              secretCheck
	failed               *backoff
	perPrefix, perClient *limits
}

// Register adds the routes to the router of the public listener.
func (e *Endpoint) Register(mux *http.ServeMux) {
	e.secrets = newSecretCheck(e.Clients, e.Index)
	e.failed = newBackoff()
	e.perPrefix, e.perClient = newLimits(prefixRate, prefixBurst), newLimits(clientRate, clientBurst)
	mux.HandleFunc("POST "+pathToken, e.serve(e.token))
	mux.HandleFunc("POST "+pathRevoke, e.serve(e.revoke))
	mux.HandleFunc("GET "+pathKeys, func(w http.ResponseWriter, _ *http.Request) {
		writeJSON(w, http.StatusOK, cacheKeys, e.Keys.published(time.Now()))
	})
	mux.HandleFunc("GET "+pathMetadata, func(w http.ResponseWriter, _ *http.Request) {
		writeJSON(w, http.StatusOK, cacheKeys, e.metadata())
	})
}

// request is a request whose client has authenticated itself.
type request struct {
	client Client
	form   form
}

// serve authenticates the client, then runs a route. A nil answer is an empty
// body.
func (e *Endpoint) serve(route func(context.Context, request) (any, *failure)) http.HandlerFunc {
	return func(w http.ResponseWriter, r *http.Request) {
		req, failed := e.authenticate(w, r)
		var answer any
		if failed == nil {
			answer, failed = route(r.Context(), req)
		}
		if failed != nil {
			e.count(failed.result)
			failed.write(w)
			return
		}
		w.Header().Set("Cache-Control", "no-store")
		if answer == nil {
			e.count("revoked")
			return
		}
		e.count("issued")
		writeJSON(w, http.StatusOK, "no-store", answer)
	}
}

func (e *Endpoint) count(result string) { e.Metrics.TokenRequests.WithLabelValues(result).Inc() }

func (e *Endpoint) authenticate(w http.ResponseWriter, r *http.Request) (request, *failure) {
	prefix := e.Prefix(r)
	if wait, ok := e.perPrefix.allow(prefix); !ok {
		return request{}, tooMany(wait, "rate")
	}
	f, problem := readForm(w, r)
	if problem != "" {
		return request{}, badRequest("invalid_request", problem)
	}
	c, outcome := presented(r.Header, f)
	switch outcome {
	case presentedMany:
		return request{}, badRequest("invalid_request", "more than one client authentication")
	case presentedNone:
		return request{}, invalidClient()
	}
	req := request{form: f}
	checked := false
	wait, ok := e.failed.attempt(c.clientID, prefix, func() (right bool) {
		checked = true
		req.client, right = e.secrets.check(c.clientID, c.secret)
		return right
	})
	switch {
	case !checked:
		return request{}, tooMany(wait, "back_off")
	case !ok:
		e.refused(r, req.client)
		return request{}, invalidClient()
	}
	if wait, ok := e.perClient.allow(req.client.ID); !ok {
		return request{}, tooMany(wait, "rate")
	}
	return req, nil
}

// refused records a failed authentication on the channel, where its owner
// looks first.
func (e *Endpoint) refused(r *http.Request, c Client) {
	remote, _, _ := net.SplitHostPort(r.RemoteAddr) // empty if it has no port
	e.Refuse(r.Context(), c.ChannelID, channel.Refusal{
		Step: "token", Reason: "client_secret_mismatch", Remote: remote, Auth: true,
		Detail: "the client secret is wrong or no longer valid, or the channel is disabled",
	})
}

func (e *Endpoint) token(ctx context.Context, r request) (any, *failure) {
	switch r.form["grant_type"] {
	case "":
		return nil, badRequest("invalid_request", "grant_type is required")
	case "client_credentials":
	default:
		return nil, badRequest("unsupported_grant_type", "the grant_type must be client_credentials")
	}
	scopes, ok := requestedScopes(r.form["scope"], r.client)
	if !ok {
		return nil, badRequest("invalid_scope", "the client's scopes are: "+strings.Join(r.client.Scopes, " "))
	}
	now := time.Now()
	token, err := e.Keys.sign(newClaims(e.Issuer, r.client, scopes, now), now)
	if err != nil {
		e.Log.ErrorContext(ctx, "no access token issued", telemetry.KeyChannel, r.client.ChannelID, telemetry.KeyError, err)
		return nil, unavailable()
	}
	return granted{token, "Bearer", int(tokenLife.Seconds()), strings.Join(scopes, " ")}, nil
}

// revoke ends a token of the client (RFC 7009). A token that is not valid in
// any case needs no revoking, and the answer is the same (section 2.2).
func (e *Endpoint) revoke(ctx context.Context, r request) (any, *failure) {
	token := r.form["token"]
	if token == "" {
		return nil, badRequest("invalid_request", "token is required")
	}
	now := time.Now()
	c, err := e.read(token, now)
	if err != nil || !now.Before(c.expires()) {
		return nil, nil
	}
	if c.ClientID != r.client.ID {
		return nil, badRequest("unauthorized_client", "the token was issued to another client")
	}
	if err := e.Revocations.Revoke(ctx, c); err != nil {
		if !errors.Is(ctx.Err(), context.Canceled) {
			e.Log.ErrorContext(ctx, "token not revoked", telemetry.KeyChannel, r.client.ChannelID, telemetry.KeyError, err)
		}
		return nil, unavailable()
	}
	e.Log.InfoContext(ctx, "access token revoked", telemetry.KeyChannel, r.client.ChannelID)
	return nil, nil
}

// Run keeps keys and deny list up to date until the context ends. What is in
// memory stays in use while the store cannot be read.
func (e *Endpoint) Run(ctx context.Context) {
	tick := time.NewTicker(pollEvery)
	defer tick.Stop()
	failing := false
	for {
		select {
		case <-ctx.Done():
			return
		case <-tick.C:
		}
		err := e.poll(ctx)
		if err != nil && !failing && ctx.Err() == nil {
			e.Log.Error("signing keys and revoked tokens cannot be read; the last known ones stay in use",
				telemetry.KeyError, err)
		}
		if err == nil && failing {
			e.Log.Info("signing keys and revoked tokens can be read again")
		}
		failing = err != nil
	}
}

func (e *Endpoint) poll(ctx context.Context) error {
	ctx, cancel := context.WithTimeout(ctx, pollTimeout)
	defer cancel()
	return e.Load(ctx)
}

// Load reads keys and deny list. It must succeed once before requests are
// served.
func (e *Endpoint) Load(ctx context.Context) error {
	return errors.Join(e.Keys.Refresh(ctx), e.Revocations.Refresh(ctx))
}
