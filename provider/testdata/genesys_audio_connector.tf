variable "endpoint" {}
variable "token" { sensitive = true }
variable "name" { default = "first" }
variable "group" { default = null }
variable "second_group" { default = null }
variable "rotation" { default = null }
variable "second_rotation" { default = null }
variable "rotation_overlap" { default = "1h" }
variable "credentials_in_state" {
  type    = bool
  default = true
}

provider "va" {
  endpoint    = var.endpoint
  token       = var.token
  max_retries = 3
}

resource "va_assistant" "main" {
  name = "support"
}

resource "va_channel_genesys_audio_connector" "main" {
  assistant_id         = va_assistant.main.id
  provider_application = "shop"
  name                 = var.name
  credential_group     = var.group
  credentials_in_state = var.credentials_in_state
  rotate_when_changed  = var.rotation == null ? null : { at = var.rotation }
  rotation_overlap     = var.rotation_overlap
}

resource "va_channel_genesys_audio_connector" "second" {
  assistant_id         = va_assistant.main.id
  provider_application = "shop"
  credential_group     = var.second_group
  rotate_when_changed  = var.second_rotation == null ? null : { at = var.second_rotation }
}

# What Genesys is given.
resource "terraform_data" "credential" {
  input = {
    apiKey       = va_channel_genesys_audio_connector.main.api_key
    clientSecret = va_channel_genesys_audio_connector.main.client_secret
  }
}

resource "terraform_data" "integration" {
  input = va_channel_genesys_audio_connector.main.base_connection_uri
}
