package admin

import (
	"context"
	"fmt"
	"net/http"

	"golang.org/x/time/rate"

	"github.com/va-gateway/terraform-provider-va/gateway/api"
	"github.com/va-gateway/terraform-provider-va/gateway/internal/directory"
	"github.com/va-gateway/terraform-provider-va/gateway/internal/secret"
	"github.com/va-gateway/terraform-provider-va/gateway/internal/store"
)

// Rate of credential reads for each token: a stolen one must not empty the
// store unnoticed.
const (
	readsPerSecond = 1
	readsBurst     = 60
)

type credentialsOutput struct {
	CacheControl string `header:"Cache-Control"`
	Body         api.Credentials
}

func (a *Admin) registerCredentials() {
	route(a, operation{
		method: http.MethodGet, path: "/v1/channels/{id}/credentials", id: "read-credentials",
		summary: "Read the current secrets of a channel; every read is audited",
		scope:   api.ScopeCredentialsRead,
		errors:  []int{http.StatusNotFound, http.StatusTooManyRequests, http.StatusServiceUnavailable},
	}, a.readCredentials)
}

func (a *Admin) readCredentials(ctx context.Context, in *ChannelPath) (*credentialsOutput, error) {
	if !a.readLimiter(who(ctx).tokenID).Allow() {
		p := problem(http.StatusTooManyRequests, "too many credential reads with this token")
		p.retryAfter = 1
		return nil, p
	}
	row, err := a.Store.Channel(ctx, in.ID)
	if err != nil {
		return nil, a.storeProblem(err, "channel", in.ID)
	}
	if err := a.auditRead(ctx, in.ID); err != nil {
		return nil, err
	}
	values, err := a.openCurrent(ctx, a.Store, row.CredentialsOwner())
	if err != nil {
		return nil, a.storeProblem(err, "channel", in.ID)
	}
	return &credentialsOutput{"no-store", api.Credentials{
		Values: reveal(values), CredentialsVersion: row.CredentialsVersion,
		PreviousCredentialsExpireAt: row.PreviousExpireAt,
	}}, nil
}

// auditRead commits the audit entry before a value leaves; without it nothing
// leaves.
func (a *Admin) auditRead(ctx context.Context, channelID string) error {
	err := a.Store.AppendAudit(ctx, who(ctx).audit("credentials.read", "channel/"+channelID))
	if err != nil {
		a.Log.Error("credential read refused: audit entry not stored", "error", err)
		return problem(http.StatusServiceUnavailable, "the audit log cannot be written; no credential was read")
	}
	a.Metrics.CredentialsRead.Inc()
	return nil
}

func (a *Admin) readLimiter(tokenID string) *rate.Limiter {
	a.mu.Lock()
	defer a.mu.Unlock()
	l, ok := a.reads[tokenID]
	if !ok {
		l = rate.NewLimiter(readsPerSecond, readsBurst)
		a.reads[tokenID] = l
	}
	return l
}

// attachCredentials puts the secrets into the answer that issued them. The
// audit entry of a first answer was committed with the change; a repeated one
// needs its own. A repeated answer whose secrets were replaced since carries
// none.
func (a *Admin) attachCredentials(ctx context.Context, body api.ChannelBody, replayed bool) error {
	c := body.Common()
	if replayed {
		row, err := a.Store.Channel(ctx, c.ID)
		if err != nil || row.CredentialsOwner() != c.CredentialsOwner || row.CredentialsVersion != c.CredentialsVersion {
			return err
		}
		if err := a.auditRead(ctx, c.ID); err != nil {
			return err
		}
	}
	values, err := a.openCurrent(ctx, a.Store, c.CredentialsOwner)
	if err != nil {
		return err
	}
	c.Credentials = reveal(values)
	return nil
}

// credentialReader is a store or a transaction.
type credentialReader interface {
	Credentials(ctx context.Context, ownerID string) ([]store.Credential, error)
}

// openCurrent opens the newest generation of each secret of a channel or group.
func (a *Admin) openCurrent(
	ctx context.Context, from credentialReader, ownerID string,
) (map[string]secret.Value, error) {
	rows, err := from.Credentials(ctx, ownerID)
	if err != nil {
		return nil, err
	}
	values := map[string]secret.Value{}
	for _, row := range rows {
		if row.NotAfter != nil {
			continue
		}
		if values[row.Name], err = a.Keyring.Open(row.Sealed, directory.CredentialAAD(row.ID)); err != nil {
			return nil, fmt.Errorf("open %s of %s: %w", row.Name, ownerID, err)
		}
	}
	return values, nil
}

func reveal(values map[string]secret.Value) map[string]string {
	revealed := make(map[string]string, len(values))
	for name, v := range values {
		revealed[name] = v.Reveal()
	}
	return revealed
}
