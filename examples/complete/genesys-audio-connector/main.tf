# An Audio Connector integration of Genesys Cloud whose flow is answered by an
# assistant, in one apply.
terraform {
  required_version = ">= 1.11"
  required_providers {
    genesyscloud = {
      source = "mypurecloud/genesyscloud"
    }
    va = {
      source = "va-gateway/va"
    }
  }
}

provider "va" {} # VA_ENDPOINT, VA_TOKEN

provider "genesyscloud" {} # GENESYSCLOUD_OAUTHCLIENT_ID, GENESYSCLOUD_OAUTHCLIENT_SECRET, GENESYSCLOUD_REGION

resource "va_assistant" "service_line" {
  name     = "service line"
  greeting = "Hello, you have reached the service line. How can I help you?"
}

resource "va_channel_genesys_audio_connector" "service_line" {
  assistant_id         = va_assistant.service_line.id
  provider_application = "service line"
  # Channels of one group use one integration and differ by connector_id.
  credential_group = "genesys"
}

resource "genesyscloud_integration_credential" "va" {
  name                 = "va"
  credential_type_name = "audioHook"
  fields = {
    apiKey       = va_channel_genesys_audio_connector.service_line.api_key
    clientSecret = va_channel_genesys_audio_connector.service_line.client_secret
  }
}

# Genesys connects to the gateway as soon as the integration is enabled. By then
# the channel is served: the integration depends on its outputs.
resource "genesyscloud_integration" "va" {
  integration_type = "audio-connector"
  intended_state   = "ENABLED"
  config {
    name = "va"
    properties = jsonencode({
      baseUri = va_channel_genesys_audio_connector.service_line.base_connection_uri
    })
    advanced    = jsonencode({})
    credentials = { audioHook = genesyscloud_integration_credential.va.id }
  }
}

# A flow exported from Architect, with {{connector_id}} where the action Call
# Audio Connector has the connector ID.
resource "genesyscloud_flow" "service_line" {
  filepath = var.flow_file
  substitutions = {
    connector_id = va_channel_genesys_audio_connector.service_line.connector_id
  }
  depends_on = [genesyscloud_integration.va] # the action names the integration
}

resource "genesyscloud_architect_ivr" "service_line" {
  name               = "service line"
  dnis               = var.phone_numbers
  open_hours_flow_id = genesyscloud_flow.service_line.id
}
