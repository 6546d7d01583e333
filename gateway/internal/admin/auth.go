package admin

import (
	"context"
	"crypto/hmac"
	"net"
	"net/http"
	"slices"
	"strings"
	"time"

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
	p, ok := a.principal(ctx.Context(), ctx.Header("Authorization"))
	p.requestID = requestID
	p.address, _, _ = net.SplitHostPort(ctx.RemoteAddr())
	if !ok {
		a.Metrics.AuthFailures.WithLabelValues("admin", "token").Inc()
		a.denied(ctx.Context(), p, ctx.Operation().OperationID)
		a.answer(ctx, problem(http.StatusUnauthorized, "the admin token is missing, unknown or expired"))
		return
	}
	scope, _ := ctx.Operation().Metadata[scopeKey].(string)
	if ctx.Query(api.QueryDryRun) == "true" {
		scope = strings.Replace(scope, ":rw", ":read", 1) // checking changes nothing
	}
	if !p.may(scope) {
		a.answer(ctx, problem(http.StatusForbidden, "the token lacks the scope "+scope))
		return
	}
	next(huma.WithValue(ctx, principalKey{}, p))
}

func (a *Admin) principal(ctx context.Context, header string) (principal, bool) {
	presented, ok := strings.CutPrefix(header, "Bearer ")
	if !ok || presented == "" || len(presented) > api.MaxSecret {
		return principal{actor: "unknown"}, false
	}
	hash := a.Keyring.HashToken(presented)
	if hmac.Equal(hash, a.bootstrapHash) {
		return principal{actor: bootstrapActor, tokenID: bootstrapActor, scopes: api.AllScopes()}, true
	}
	public, ok := secret.AdminTokenPublic(presented)
	if !ok {
		return principal{actor: "unknown"}, false
	}
	token, err := a.Store.TokenByPublic(ctx, public)
	if err != nil || !hmac.Equal(hash, token.Hash) || !time.Now().Before(token.ExpiresAt) {
		return principal{actor: public}, false
	}
	a.touch(ctx, token.ID)
	return principal{actor: public, tokenID: token.ID, scopes: token.Scopes}, true
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
	p, ok := a.principal(r.Context(), r.Header.Get("Authorization"))
	return ok && p.may(scope)
}
