package main

import (
	"testing"

	"github.com/hashicorp/terraform-plugin-go/tfprotov6"
	"github.com/stretchr/testify/require"
)

func TestServerOffersTheFixtureAndNothingElse(t *testing.T) {
	t.Parallel()
	s, err := newServer("twilio_twilio")
	require.NoError(t, err)

	schema, err := s.GetProviderSchema(t.Context(), &tfprotov6.GetProviderSchemaRequest{})
	require.NoError(t, err)
	require.Contains(t, schema.ResourceSchemas, "twilio_api_accounts_incoming_phone_numbers")

	const number = "twilio_api_accounts_incoming_phone_numbers"
	raw := &tfprotov6.RawState{JSON: []byte(`{"sid": "PN1", "voice_url": "https://voice.example.com/"}`)}
	upgraded, err := s.UpgradeResourceState(t.Context(),
		&tfprotov6.UpgradeResourceStateRequest{TypeName: number, RawState: raw})
	require.NoError(t, err)
	require.Empty(t, upgraded.Diagnostics)
	require.NotNil(t, upgraded.UpgradedState)

	applied, err := s.ApplyResourceChange(t.Context(), &tfprotov6.ApplyResourceChangeRequest{TypeName: number})
	require.NoError(t, err)
	require.Equal(t, schemaOnly(), applied.Diagnostics)

	configured, err := s.ConfigureProvider(t.Context(), &tfprotov6.ConfigureProviderRequest{})
	require.NoError(t, err)
	require.Equal(t, schemaOnly(), configured.Diagnostics)
}

func TestUnknownProviderIsNamed(t *testing.T) {
	t.Parallel()
	_, err := newServer("hashicorp_unheard")
	require.ErrorContains(t, err, "hashicorp_unheard")
}
