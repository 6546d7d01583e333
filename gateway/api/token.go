package api

import "time"

// Scopes of admin tokens. ScopeCredentialsRead is implied by no other scope,
// not even by ScopeAdmin.
const (
	ScopeAssistantsRW    = "assistants:rw"
	ScopeAssistantsRead  = "assistants:read"
	ScopeChannelsRW      = "channels:rw"
	ScopeChannelsRead    = "channels:read"
	ScopeSecretsRotate   = "secrets:rotate"
	ScopeCredentialsRead = "credentials:read"
	ScopeCallsRead       = "calls:read"
	ScopeAuditRead       = "audit:read"
	ScopeAdmin           = "admin"
)

// AllScopes is what the bootstrap token holds.
func AllScopes() []string {
	return []string{
		ScopeAssistantsRW, ScopeAssistantsRead, ScopeChannelsRW, ScopeChannelsRead, ScopeSecretsRotate,
		ScopeCredentialsRead, ScopeCallsRead, ScopeAuditRead, ScopeAdmin,
	}
}

// Token is an admin API token. Its secret is answered once, on creation.
type Token struct {
	ID         string     `json:"id,omitempty" readOnly:"true"`
	Name       string     `json:"name" minLength:"1" maxLength:"80" doc:"Who uses it."`
	Scopes     []string   `json:"scopes" minItems:"1" uniqueItems:"true" enum:"assistants:rw,assistants:read,channels:rw,channels:read,secrets:rotate,credentials:read,calls:read,audit:read,admin"`
	ExpiresAt  *time.Time `json:"expires_at,omitempty" doc:"Default: 90 days after creation."`
	Secret     string     `json:"secret,omitempty" readOnly:"true" doc:"The token itself, only in the answer that created it."`
	LastUsedAt *time.Time `json:"last_used_at,omitempty" readOnly:"true" doc:"Coarse: to the minute."`
	CreatedAt  *time.Time `json:"created_at,omitempty" readOnly:"true"`
}

// AuditEntry is one row of the append-only, hash-chained audit log.
type AuditEntry struct {
	Seq       int64     `json:"seq"`
	At        time.Time `json:"at"`
	Actor     string    `json:"actor" doc:"Public part of the token, or system."`
	Action    string    `json:"action" doc:"For example channel.create or credentials.read."`
	Object    string    `json:"object"`
	RequestID string    `json:"request_id,omitempty"`
	Address   string    `json:"address,omitempty"`
	Hash      string    `json:"hash" doc:"SHA-256 over the previous hash and this row, hex."`
}
