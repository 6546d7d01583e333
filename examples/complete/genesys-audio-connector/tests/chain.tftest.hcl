# A gateway (VA_ENDPOINT, VA_TOKEN) and no Genesys Cloud: what its resources are
# given comes from the channel.
mock_provider "genesyscloud" {}

variables {
  flow_file     = "flow.yaml"
  phone_numbers = ["+13175550123"]
}

run "outputs_arrive" {
  command = apply

  assert {
    condition     = genesyscloud_integration.va.integration_type == "audio-connector"
    error_message = "The integration is of another type."
  }
  assert {
    condition = (jsondecode(genesyscloud_integration.va.config[0].properties)
    == { baseUri = va_channel_genesys_audio_connector.service_line.base_connection_uri })
    error_message = "The integration has another base URI."
  }
  assert {
    condition = (genesyscloud_integration.va.config[0].credentials
    == tomap({ audioHook = genesyscloud_integration_credential.va.id }))
    error_message = "The integration has another credential."
  }
  assert {
    condition     = genesyscloud_integration_credential.va.credential_type_name == "audioHook"
    error_message = "The credential is of another type."
  }
  assert {
    condition = nonsensitive(genesyscloud_integration_credential.va.fields == tomap({
      apiKey       = va_channel_genesys_audio_connector.service_line.api_key
      clientSecret = va_channel_genesys_audio_connector.service_line.client_secret
    }))
    error_message = "The credential has other fields."
  }
  assert {
    condition = (genesyscloud_flow.service_line.substitutions
    == tomap({ connector_id = va_channel_genesys_audio_connector.service_line.connector_id }))
    error_message = "The flow has another connector."
  }
  assert {
    condition     = can(regex("^[A-Za-z0-9+/]{43}=$", va_channel_genesys_audio_connector.service_line.client_secret))
    error_message = "The client secret is not 32 bytes in base64."
  }
}
