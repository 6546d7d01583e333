package admin

import (
	"context"
	"errors"
	"net/http"

	"github.com/oklog/ulid/v2"

	"github.com/va-gateway/terraform-provider-va/gateway/api"
	"github.com/va-gateway/terraform-provider-va/gateway/internal/secret"
	"github.com/va-gateway/terraform-provider-va/gateway/internal/store"
)

type tokenPath struct {
	ID string `path:"id" pattern:"^tok_[0-7][0-9A-HJKMNP-TV-Z]{25}$" doc:"Token id."`
}

type tokenCreate struct{ Body api.Token }

func (a *Admin) registerTokens() {
	route(a, operation{
		method: http.MethodPost, path: "/v1/tokens", id: "create-token", summary: "Create an admin token",
		scope: api.ScopeAdmin, status: http.StatusCreated, errors: []int{http.StatusUnprocessableEntity},
	}, func(ctx context.Context, in *tokenCreate) (*output[api.Token], error) {
		t, err := a.createToken(ctx, in.Body)
		if err != nil {
			return nil, a.storeProblem(err, "token", "")
		}
		return &output[api.Token]{Status: http.StatusCreated, CacheControl: "no-store", Body: t}, nil
	})
	route(a, operation{
		method: http.MethodGet, path: "/v1/tokens", id: "list-tokens", summary: "List admin tokens",
		scope: api.ScopeAdmin,
	}, a.listTokens)
	route(a, operation{
		method: http.MethodDelete, path: "/v1/tokens/{id}", id: "delete-token", summary: "Revoke an admin token",
		scope: api.ScopeAdmin, status: http.StatusNoContent, errors: []int{http.StatusNotFound},
	}, a.deleteToken)
}

// createToken never gives more than its caller holds: otherwise the scope
// admin would open credentials:read.
func (a *Admin) createToken(ctx context.Context, t api.Token) (api.Token, error) {
	created := now()
	if t.ExpiresAt == nil {
		t.ExpiresAt = new(created.Add(api.DefaultTokenLifetime))
	}
	if !t.ExpiresAt.After(created) || t.ExpiresAt.After(created.AddDate(0, 0, api.MaxKeyLifetimeDays)) {
		return t, invalid(api.FieldError{Field: "expires_at", Message: "lies in the past or more than ten years ahead"})
	}
	if !isText(t.Name) {
		return t, invalid(api.FieldError{Field: "name", Message: "is not text"})
	}
	for _, scope := range t.Scopes {
		if !who(ctx).may(scope) {
			return t, problem(http.StatusForbidden, "a token cannot be given the scope "+scope+" by one that lacks it")
		}
	}
	public, value := secret.NewAdminToken()
	row := store.Token{
		ID: api.PrefixToken + ulid.Make().String(), Public: public, Name: t.Name,
		Hash: a.Keyring.HashToken(value.Reveal()), Scopes: t.Scopes, ExpiresAt: t.ExpiresAt.UTC(), CreatedAt: created,
	}
	err := a.Store.Write(ctx, false, func(tx *store.Tx) error {
		if err := tx.InsertToken(ctx, row); err != nil {
			return err
		}
		return audited(ctx, tx, "token.create", "token/"+row.ID, nil, nil)
	})
	if err != nil {
		return t, err
	}
	t = tokenOf(row)
	t.Secret = value.Reveal()
	return t, nil
}

func tokenOf(row store.Token) api.Token {
	return api.Token{
		ID: row.ID, Name: row.Name, Scopes: row.Scopes, ExpiresAt: &row.ExpiresAt,
		LastUsedAt: row.LastUsedAt, CreatedAt: &row.CreatedAt,
	}
}

func (a *Admin) listTokens(ctx context.Context, in *PageInput) (*pageOutput[api.Token], error) {
	rows, err := a.Store.Tokens(ctx, in.After, in.Limit+1)
	if err != nil {
		return nil, a.storeProblem(err, "token", "")
	}
	var items []api.Token
	for _, row := range rows {
		items = append(items, tokenOf(row))
	}
	return pageOf(items, in.Limit, func(t api.Token) string { return t.ID }), nil
}

func (a *Admin) deleteToken(ctx context.Context, in *tokenPath) (*struct{}, error) {
	err := a.Store.Write(ctx, false, func(tx *store.Tx) error {
		if err := tx.DeleteToken(ctx, in.ID); err != nil {
			return err
		}
		return audited(ctx, tx, "token.delete", "token/"+in.ID, nil, nil)
	})
	if err != nil && !errors.Is(err, store.ErrNotFound) {
		return nil, a.storeProblem(err, "token", in.ID)
	}
	if err != nil {
		return nil, notFound("token", in.ID)
	}
	return nil, nil //nolint:nilnil // huma: no body
}
