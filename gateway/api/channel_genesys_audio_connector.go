package api

// KindGenesysAudioConnector is the channel kind of GenesysAudioConnectorChannel.
const KindGenesysAudioConnector = "genesys_audio_connector"

// GenesysAudioConnectorChannel answers calls that a Genesys Cloud Architect
// flow sends with the action Call Audio Connector. See
// https://help.mypurecloud.com/articles/audio-connector-overview/.
type GenesysAudioConnectorChannel struct {
	Channel
	CredentialGroup string `json:"credential_group,omitempty" maxLength:"80" doc:"Channels of this kind that name the same group share base_connection_uri, api_key and client_secret, hence one integration of the Genesys organization, and differ by connector_id; credentials_version counts for the group, and a rotation through one channel is one of all. Absent: the channel shares with nobody. Another group takes effect at once, without rotation_overlap: it has another URI."`

	BaseConnectionURI string `json:"base_connection_uri,omitempty" readOnly:"true" doc:"Base Connection URI of the integration (property baseUri), without a trailing slash."`
	ConnectorID       string `json:"connector_id,omitempty" readOnly:"true" doc:"Connector ID of the action Call Audio Connector in the flow; the same for the life of the channel."`
}

// Validate implements ChannelBody.
func (c *GenesysAudioConnectorChannel) Validate() []FieldError {
	errs := c.Channel.Validate()
	if c.CredentialGroup != "" {
		errs = append(errs, checkName("credential_group", c.CredentialGroup)...)
	}
	return errs
}
