package admin

import (
	"context"
	"crypto/hmac"
	"errors"
	"fmt"
	"net"
	"net/http"
	"slices"
	"strings"
	"time"
	"unicode/utf8"

	"github.com/danielgtaylor/huma/v2"
	"github.com/oklog/ulid/v2"

	"github.com/va-gateway/terraform-provider-va/gateway/api"
	"github.com/va-gateway/terraform-provider-va/gateway/internal/secret"
	"github.com/va-gateway/terraform-provider-va/gateway/internal/store"
)

const (
	bootstrapActor = "bootstrap"
	touchEvery     = time.Minute // last_used_at is coarse, so that reads stay reads
)

// principal is who makes a request. It travels in the context because huma
// gives handlers nothing else.
type principal struct {
	actor     string // public part of the token
	tokenID   string
	scopes    []string
	requestID string
	address   string
}

type principalKey struct{}

func who(ctx context.Context) principal {
	p, _ := ctx.Value(principalKey{}).(principal)
	return p
}

// may reports whether the principal holds a scope; rw includes read, and
// nothing includes credentials:read.
func (p principal) may(scope string) bool {
	if slices.Contains(p.scopes, scope) {
		return true
	}
	object, ok := strings.CutSuffix(scope, ":read")
	return ok && scope != api.ScopeCredentialsRead && slices.Contains(p.scopes, object+":rw")
}

func (p principal) audit(action, object string) store.Audit {
	return store.Audit{
		At: now(), Actor: p.actor, TokenID: p.tokenID, Action: action, Object: object,
		RequestID: p.requestID, Address: p.address,
	}
}

// authenticate runs before every route: token, then scope.
func (a *Admin) authenticate(ctx huma.Context, next func(huma.Context)) {
	requestID := ulid.Make().String()
	ctx.SetHeader(api.HeaderRequestID, requestID)
	p, ok, err := a.principal(ctx.Context(), ctx.Header("Authorization"))
	p.requestID = requestID
	p.address, _, _ = net.SplitHostPort(ctx.RemoteAddr())
	if err != nil {
		// Not 401: clients give up on that, and the token may be good.
		a.Log.Error("token not checked", "error", err)
		busy := problem(http.StatusServiceUnavailable, "the store cannot be reached; nothing was changed")
		busy.retryAfter = 1
		a.answer(ctx, busy)
		return
	}
	if !ok {
		a.Metrics.AuthFailures.WithLabelValues("admin", "token").Inc()
		a.denied(ctx.Context(), p, ctx.Operation().OperationID)
		a.answer(ctx, problem(http.StatusUnauthorized, "the admin token is missing, unknown or expired"))
		return
	}
	if !legible(ctx) {
		a.answer(ctx, problem(http.StatusBadRequest, "the query or the Idempotency-Key is not text"))
		return
	}
	scope, _ := ctx.Operation().Metadata[scopeKey].(string)
	if ctx.Query(api.QueryDryRun) == "true" && takesDryRun(ctx.Operation()) {
		scope = strings.Replace(scope, ":rw", ":read", 1) // checking changes nothing
	}
	if !p.may(scope) {
		a.answer(ctx, problem(http.StatusForbidden, "the token lacks the scope "+scope))
		return
	}
	next(huma.WithValue(ctx, principalKey{}, p))
}

// legible reports whether what the request says outside of its body is text
// that every store takes: PostgreSQL refuses NUL and invalid UTF-8, which would
// look like a store that is away.
func legible(ctx huma.Context) bool {
	u := ctx.URL()
	for name, values := range u.Query() {
		for _, v := range append(values, name) {
			if !isText(v) {
				return false
			}
		}
	}
	return isText(ctx.Header(api.HeaderIdempotencyKey))
}

func isText(s string) bool { return utf8.ValidString(s) && !strings.ContainsRune(s, 0) }

// takesDryRun reports whether the route knows the parameter. On any other one
// it would lower the scope of a request that is then carried out.
func takesDryRun(o *huma.Operation) bool {
	return slices.ContainsFunc(o.Parameters, func(p *huma.Param) bool {
		return p.In == "query" && p.Name == api.QueryDryRun
	})
}

// principal finds who presents a token. An error says that it could not be
// found out.
func (a *Admin) principal(ctx context.Context, header string) (p principal, ok bool, err error) {
	presented, ok := strings.CutPrefix(header, "Bearer ")
	if !ok || presented == "" || len(presented) > api.MaxSecret {
		return principal{actor: "unknown"}, false, nil
	}
	hash := a.Keyring.HashToken(presented)
	if hmac.Equal(hash, a.bootstrapHash) {
		return principal{actor: bootstrapActor, tokenID: bootstrapActor, scopes: api.AllScopes()}, true, nil
	}
	public, ok := secret.AdminTokenPublic(presented)
	if !ok {
		return principal{actor: "unknown"}, false, nil
	}
	token, err := a.Store.TokenByPublic(ctx, public)
	if err != nil && !errors.Is(err, store.ErrNotFound) {
		return principal{actor: public}, false, fmt.Errorf("read token %s: %w", public, err)
	}
	if err != nil || !hmac.Equal(hash, token.Hash) || !time.Now().Before(token.ExpiresAt) {
		return principal{actor: public}, false, nil
	}
	a.touch(ctx, token.ID)
	return principal{actor: public, tokenID: token.ID, scopes: token.Scopes}, true, nil
}

func (a *Admin) touch(ctx context.Context, tokenID string) {
	now := time.Now().UTC()
	a.mu.Lock()
	due := now.Sub(a.touched[tokenID]) >= touchEvery
	if due {
		a.touched[tokenID] = now
	}
	a.mu.Unlock()
	if !due {
		return
	}
	if err := a.Store.TouchToken(ctx, tokenID, now); err != nil {
		a.Log.Warn("last use of a token not stored", "error", err)
	}
}

// denied audits a failed authentication, at most once a second: the log must
// not become a lever.
func (a *Admin) denied(ctx context.Context, p principal, operationID string) {
	if !a.denials.Allow() {
		return
	}
	if err := a.Store.AppendAudit(ctx, p.audit("auth.denied", operationID)); err != nil {
		a.Log.Error("audit entry not stored", "error", err)
	}
}

func (a *Admin) answer(ctx huma.Context, p *Problem) {
	for name, values := range p.GetHeaders() {
		ctx.SetHeader(name, values[0])
	}
	if err := huma.WriteErr(a.api, ctx, p.Status, p.Detail); err != nil {
		a.Log.Warn("answer not written", "error", err)
	}
}

// Authorized checks the token of a plain request, for routes beside /v1.
func (a *Admin) Authorized(r *http.Request, scope string) bool {
	p, ok, err := a.principal(r.Context(), r.Header.Get("Authorization"))
	return err == nil && ok && p.may(scope)
}
