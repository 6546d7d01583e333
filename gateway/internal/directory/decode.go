package directory

import (
	"encoding/json"
	"fmt"

	"github.com/va-gateway/terraform-provider-va/gateway/api"
	"github.com/va-gateway/terraform-provider-va/gateway/internal/channel"
	"github.com/va-gateway/terraform-provider-va/gateway/internal/secret"
	"github.com/va-gateway/terraform-provider-va/gateway/internal/store"
)

// CredentialAAD binds a sealed credential to its row.
func CredentialAAD(credentialID string) secret.AAD {
	return secret.AAD{Table: "channel_credential", Row: credentialID, Column: "sealed"}
}

// DecodeAssistant turns a stored row into its API form, without the computed
// status.
func DecodeAssistant(row store.Assistant) (api.Assistant, error) {
	var a api.Assistant
	if err := json.Unmarshal(row.Spec, &a); err != nil {
		return a, fmt.Errorf("decode assistant %s: %w", row.ID, err)
	}
	a.Defaults() // for fields that an older version did not store
	a.ID, a.Revision = row.ID, row.Revision
	a.CreatedAt, a.UpdatedAt = &row.CreatedAt, &row.UpdatedAt
	return a, nil
}

// DecodeChannel turns a stored row into its API form, without status and
// secrets. Outputs are the kind's.
func DecodeChannel(kind channel.Kind, row store.Channel) (api.ChannelBody, error) {
	body := kind.New()
	if err := json.Unmarshal(row.Spec, body); err != nil {
		return nil, fmt.Errorf("decode channel %s: %w", row.ID, err)
	}
	body.Defaults() // for fields that an older version did not store
	c := body.Common()
	c.ID, c.Kind, c.AssistantID, c.Revision = row.ID, row.Kind, row.AssistantID, row.Revision
	c.DeletionProtection = row.DeletionProtection
	c.CredentialsVersion, c.PreviousCredentialsExpireAt = row.CredentialsVersion, row.PreviousExpireAt
	c.CreatedAt, c.UpdatedAt = &row.CreatedAt, &row.UpdatedAt
	c.CredentialsOwner = row.CredentialsOwner()
	return body, nil
}

// EncodeAssistant is the stored form: everything but computed fields.
func EncodeAssistant(a api.Assistant) ([]byte, error) {
	a.ID, a.Status, a.StatusReasons, a.Revision, a.CreatedAt, a.UpdatedAt = "", "", nil, 0, nil, nil
	return json.Marshal(a)
}

// EncodeChannel is the stored form: everything but computed shared fields. The
// kind's secrets were taken out before.
func EncodeChannel(b api.ChannelBody) ([]byte, error) {
	c := b.Common()
	saved := *c
	defer func() { *c = saved }()
	c.ID, c.Kind, c.Status, c.Revision = "", "", "", 0
	c.CredentialsVersion, c.PreviousCredentialsExpireAt, c.Credentials, c.RotateIfVersion = 0, nil, nil, 0
	c.CreatedAt, c.UpdatedAt = nil, nil
	return json.Marshal(b)
}
