package main

import (
	"context"
	"fmt"
	"time"

	"github.com/va-gateway/terraform-provider-va/gateway/api"
	"github.com/va-gateway/terraform-provider-va/gateway/internal/server"
)

type migrateCommand struct{ settings }

// Run brings the schema up to date.
func (m *migrateCommand) Run(ctx context.Context) error {
	c, err := m.check()
	if err != nil {
		return err
	}
	if err := server.Migrate(ctx, c); err != nil {
		return err
	}
	fmt.Println("the database schema is up to date")
	return nil
}

type tokenCommand struct {
	Create tokenCreateCommand `cmd:"" help:"Create an admin token; the secret is printed once."`
}

type tokenCreateCommand struct {
	settings
	Name   string        `required:"" help:"Who uses it."`
	Scope  []string      `help:"Scopes; default: what the Terraform provider needs."`
	Expire time.Duration `default:"2160h" help:"Lifetime."`
}

// providerScopes are what the Terraform provider needs.
var providerScopes = []string{
	api.ScopeAssistantsRW, api.ScopeChannelsRW, api.ScopeSecretsRotate, api.ScopeCredentialsRead,
}

// Run creates a token without the admin API.
func (t *tokenCreateCommand) Run(ctx context.Context) error {
	c, err := t.check()
	if err != nil {
		return err
	}
	scopes := t.Scope
	if len(scopes) == 0 {
		scopes = providerScopes
	}
	secret, err := server.CreateToken(ctx, c, t.Name, scopes, t.Expire)
	if err != nil {
		return err
	}
	fmt.Println(secret.Reveal())
	return nil
}

type keysCommand struct {
	Verify keysVerifyCommand `cmd:"" help:"Open every sealed row and name those that fail."`
	Rotate keysRotateCommand `cmd:"" help:"Seal every row under the first key of the key file."`

	RotateSigning keysRotateSigningCommand `cmd:"" help:"Publish the next key that signs access tokens."`
}

type keysVerifyCommand struct{ settings }

// Run opens every sealed row.
func (k *keysVerifyCommand) Run(ctx context.Context) error {
	c, err := k.check()
	if err != nil {
		return err
	}
	n, err := server.VerifyKeys(ctx, c)
	if err != nil {
		return err
	}
	fmt.Printf("%d sealed rows open\n", n)
	return nil
}

type keysRotateCommand struct{ settings }

// Run seals every row under the active key.
func (k *keysRotateCommand) Run(ctx context.Context) error {
	c, err := k.check()
	if err != nil {
		return err
	}
	n, err := server.RotateKeys(ctx, c)
	if err != nil {
		return err
	}
	fmt.Printf("%d sealed rows are under the active key; 0 left\n", n)
	return nil
}

type keysRotateSigningCommand struct {
	settings
	Compromised bool `help:"The keys in use leaked: replace them at once. Tokens they signed are refused."`
}

// Run publishes the next signing key.
func (k *keysRotateSigningCommand) Run(ctx context.Context) error {
	c, err := k.check()
	if err != nil {
		return err
	}
	r, err := server.RotateSigningKey(ctx, c, k.Compromised)
	if err != nil {
		return err
	}
	state := "is published"
	if r.Pending {
		state = "was published before"
	}
	fmt.Printf("signing key %s %s and signs from %s\n", r.KeyID, state, r.FirstUse.UTC().Format(time.RFC3339))
	return nil
}

type auditCommand struct {
	Verify auditVerifyCommand `cmd:"" help:"Recompute the chain of the audit log and print its end."`
}

type auditVerifyCommand struct {
	settings
	Head string `placeholder:"HASH" help:"A head that was kept elsewhere, such as the hourly log line; the log must still contain it."`
}

// Run verifies the audit log.
func (a *auditVerifyCommand) Run(ctx context.Context) error {
	c, err := a.check()
	if err != nil {
		return err
	}
	head, err := server.VerifyAudit(ctx, c, a.Head)
	if err != nil {
		return err
	}
	fmt.Printf("%d audit entries are whole; the head is %s\n", head.Seq, head.Hash)
	return nil
}
