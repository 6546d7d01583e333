terraform {
  required_providers {
    va = {
      source = "va-gateway/va"
    }
  }
}

# An ephemeral variable is not kept in a plan file.
variable "token" {
  type      = string
  sensitive = true
  ephemeral = true
}

variable "authentication_token" {
  type      = string
  sensitive = true
  ephemeral = true
}

variable "generation" {
  type = number
}

provider "va" {
  token       = var.token
  max_retries = 1
}

resource "va_assistant" "reception" {
  name = "Reception"
}

resource "va_channel_twilio" "line" {
  assistant_id                    = va_assistant.reception.id
  provider_application            = "line ${var.generation}"
  authentication_token_wo         = var.authentication_token
  authentication_token_wo_version = var.generation
  credentials_in_state            = false
}

ephemeral "va_channel_credentials" "line" {
  channel_id = va_channel_twilio.line.id
}

resource "va_channel_twilio" "second" {
  assistant_id                    = va_assistant.reception.id
  provider_application            = "second line"
  authentication_token_wo         = ephemeral.va_channel_credentials.line.values["authentication_token"]
  authentication_token_wo_version = va_channel_twilio.line.credentials_version
  credentials_in_state            = false
}
