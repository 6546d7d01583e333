resource "va_assistant" "support" {
  name     = "support"
  greeting = "Hello. How can I help you?"
}

resource "va_channel_genesys_audio_connector" "support" {
  assistant_id         = va_assistant.support.id
  provider_application = "service line"

  # Optional: every channel that names this group uses the same integration.
  credential_group = "genesys"

  # Optional: any change issues a new API key and client secret, in place; those
  # before stay valid for rotation_overlap.
  rotate_when_changed = { year = "2030" }
}

# The integration's property baseUri. Its credential has api_key and
# client_secret as fields.
output "base_connection_uri" {
  value = va_channel_genesys_audio_connector.support.base_connection_uri
}

# The Connector ID of the action Call Audio Connector.
output "connector_id" {
  value = va_channel_genesys_audio_connector.support.connector_id
}
