package api

import (
	"fmt"
	"time"
)

// Channel holds the fields that every channel kind has. Each kind embeds it.
type Channel struct {
	ID                  string    `json:"id,omitempty" readOnly:"true" doc:"Identifier, chn_ and a ULID." example:"chn_01JD8Z6V5B3W3T1H6R4M0X7Q2N"`
	Kind                string    `json:"kind,omitempty" readOnly:"true" doc:"Channel kind: the resource name without va_channel_."`
	AssistantID         string    `json:"assistant_id" pattern:"^asst_[0-7][0-9A-HJKMNP-TV-Z]{25}$" doc:"The assistant that answers."`
	ProviderApplication string    `json:"provider_application" minLength:"1" maxLength:"80" doc:"Names the deployment; carried into call records, metrics and webhooks."`
	Name                string    `json:"name,omitempty" maxLength:"80" doc:"Name for people."`
	Enabled             *bool     `json:"enabled,omitempty" doc:"Whether calls are answered. Default true."`
	RotationOverlap     *Duration `json:"rotation_overlap,omitempty" doc:"How long replaced credentials stay valid, 0s to 720h. Default 24h."`
	MaxConcurrentCalls  int64     `json:"max_concurrent_calls,omitempty" minimum:"0" maximum:"100000" doc:"Calls at a time on this channel, counted by each gateway process; the next one is refused as at VA_MAX_CALLS. Default 0: no cap of its own."`
	DeletionProtection  bool      `json:"deletion_protection,omitempty" doc:"Refuse deletion while true. Default false."`

	// RotateIfVersion asks for new credentials, if the channel still has this
	// credentials_version. It makes a repeated request harmless.
	RotateIfVersion int64 `json:"rotate_if_version,omitempty" writeOnly:"true" minimum:"1" doc:"On PUT: issue new credentials if credentials_version still has this value; needs the scope secrets:rotate."`

	Status                      string            `json:"status,omitempty" readOnly:"true" enum:"active,inactive" doc:"active when calls are answered."`
	CredentialsVersion          int64             `json:"credentials_version,omitempty" readOnly:"true" doc:"Rises by one whenever the credentials change."`
	PreviousCredentialsExpireAt *time.Time        `json:"previous_credentials_expire_at,omitempty" readOnly:"true" doc:"When the replaced credentials stop working; keeps its value until the next rotation."`
	Credentials                 map[string]string `json:"credentials,omitempty" readOnly:"true" doc:"Current secrets by name; only in the answer that created or rotated them, and only with the scope credentials:read."`
	Revision                    int64             `json:"revision,omitempty" readOnly:"true" doc:"Configuration revision of the last change; the ETag is this number in quotes."`
	CreatedAt                   *time.Time        `json:"created_at,omitempty" readOnly:"true"`
	UpdatedAt                   *time.Time        `json:"updated_at,omitempty" readOnly:"true"`

	// CredentialsOwner is whose credentials the channel has: its own id, or that
	// of the group it shares them with (PrefixCredentialGroup). Only the gateway
	// itself sets it.
	CredentialsOwner string `json:"-"`
}

// ChannelBody is the request and answer of one channel kind: a pointer to a
// struct that embeds Channel.
type ChannelBody interface {
	// Common gives the embedded Channel.
	Common() *Channel
	// Defaults fills absent optional fields.
	Defaults()
	// Validate reports every broken rule that the JSON schema cannot express.
	Validate() []FieldError
}

// Common gives the shared fields; kinds get it by embedding.
func (c *Channel) Common() *Channel { return c }

// Defaults fills the shared absent fields.
func (c *Channel) Defaults() {
	if c.Enabled == nil {
		c.Enabled = new(true)
	}
	if c.RotationOverlap == nil {
		c.RotationOverlap = new(Duration(DefaultRotationOverlap))
	}
}

// Validate checks the shared fields.
func (c *Channel) Validate() []FieldError {
	errs := checkName("provider_application", c.ProviderApplication)
	if !ValidID(PrefixAssistant, c.AssistantID) {
		errs = append(errs, FieldError{
			"assistant_id", fmt.Sprintf("%q is not the id of an assistant (asst_…)", c.AssistantID),
		})
	}
	if c.Name != "" {
		errs = append(errs, checkName("name", c.Name)...)
	}
	if n := c.MaxConcurrentCalls; n < 0 || n > MaxConcurrentCalls {
		errs = append(errs, FieldError{
			"max_concurrent_calls", fmt.Sprintf("%d is outside the range 0 to %d", n, MaxConcurrentCalls),
		})
	}
	if d := time.Duration(*c.RotationOverlap); d > MaxRotationOverlap {
		errs = append(errs, FieldError{
			"rotation_overlap",
			fmt.Sprintf("%s is outside the range 0s to %s", *c.RotationOverlap, Duration(MaxRotationOverlap)),
		})
	}
	return errs
}

// Credentials is the answer of GET /v1/channels/{id}/credentials.
type Credentials struct {
	Values                      map[string]string `json:"values" doc:"Current secrets by attribute name."`
	CredentialsVersion          int64             `json:"credentials_version"`
	PreviousCredentialsExpireAt *time.Time        `json:"previous_credentials_expire_at,omitempty"`
}

// Refusal is one refused attempt on a channel: what to read first when calls
// do not arrive.
type Refusal struct {
	At     time.Time `json:"at"`
	Step   string    `json:"step" doc:"Where it was refused, for example voice or media."`
	Reason string    `json:"reason" doc:"Stable word, for example signature_mismatch."`
	Detail string    `json:"detail,omitempty" doc:"What was expected and what came, without secrets."`
	Remote string    `json:"remote,omitempty" doc:"Source address."`
	NodeID string    `json:"node_id" doc:"The gateway process that refused; refusals are kept in its memory."`
}
