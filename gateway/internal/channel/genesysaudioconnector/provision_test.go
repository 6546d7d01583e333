package genesysaudioconnector_test

import (
	"encoding/base64"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/va-gateway/terraform-provider-va/gateway/api"
	"github.com/va-gateway/terraform-provider-va/gateway/internal/channel"
	"github.com/va-gateway/terraform-provider-va/gateway/internal/channel/genesysaudioconnector"
	"github.com/va-gateway/terraform-provider-va/gateway/internal/secret"
)

// What Genesys takes as fields of the credential
// (purecloudlabs/audiohook-reference-implementation).
const (
	keyForm    = `^[a-zA-Z0-9+/_-]+={0,2}$`
	secretForm = `^(?:[A-Za-z0-9+/]{4})*(?:[A-Za-z0-9+/]{3}=?|[A-Za-z0-9+/]{2}(?:==)?)?$`
)

func TestSecrets(t *testing.T) {
	t.Parallel()
	values := map[string]secret.Value{}
	for _, s := range (genesysaudioconnector.Kind{}).Secrets() {
		values[s.Name] = s.Generate()
		require.NotEqual(t, values[s.Name].Reveal(), s.Generate().Reveal())
		require.Equal(t, s.Name == "api_key", s.Indexed)
	}
	require.Len(t, values, 2)
	require.Regexp(t, keyForm, values["api_key"].Reveal())
	require.Regexp(t, secretForm, values["client_secret"].Reveal())
	key, err := base64.StdEncoding.DecodeString(values["client_secret"].Reveal())
	require.NoError(t, err)
	require.Len(t, key, 32)
}

func TestOutputs(t *testing.T) {
	t.Parallel()
	const (
		first  = "chn_01JD8Z6V5B3W3T1H6R4M0X7Q2N"
		second = "chn_01JD8Z6V5B3W3T1H6R4M0X7Q2P"
		group  = "grp_01JD8Z6V5B3W3T1H6R4M0X7Q2N"
	)
	outputs := func(id, owner string) *api.GenesysAudioConnectorChannel {
		c := &api.GenesysAudioConnectorChannel{CredentialGroup: "../EU production?"}
		c.ID, c.CredentialsOwner = id, owner
		genesysaudioconnector.Kind{}.Outputs(c, channel.Endpoints{PublicURL: "https://va.example.com"})
		return c
	}
	alone, shared, other := outputs(first, first), outputs(first, group), outputs(second, group)
	require.Equal(t, "wss://va.example.com/c/genesys_audio_connector/"+first, alone.BaseConnectionURI)
	require.Equal(t, "wss://va.example.com/c/genesys_audio_connector/"+group, shared.BaseConnectionURI)
	require.Len(t, alone.BaseConnectionURI, len(shared.BaseConnectionURI))
	require.Equal(t, shared.BaseConnectionURI, other.BaseConnectionURI)

	require.Regexp(t, `^[A-Za-z0-9_-]{22,64}$`, alone.ConnectorID)
	require.Equal(t, alone.ConnectorID, shared.ConnectorID, "the same for the life of the channel")
	require.NotEqual(t, shared.ConnectorID, other.ConnectorID)
}
