# An assistant that answers a Twilio phone number. `make run` applies this and
# calls it; VA_ENDPOINT and VA_TOKEN say where the gateway is.
terraform {
  required_providers {
    va = {
      source = "va-gateway/va"
    }
  }
}

variable "twilio_auth_token" {
  description = "Auth token of the Twilio account. `make run` makes one up: no call leaves this machine."
  type        = string
  sensitive   = true
  ephemeral   = true # never in a plan or state file
}

provider "va" {}

resource "va_assistant" "support" {
  name     = "support"
  greeting = "Hello, this is the voice assistant. Press zero or say agent to reach a person. How can I help you?"
}

resource "va_channel_twilio" "support" {
  assistant_id               = va_assistant.support.id
  provider_application       = "quickstart"
  phone_number_to_live_agent = "+14155550123"

  authentication_token_wo         = var.twilio_auth_token
  authentication_token_wo_version = 1 # raise it with every new token
}

output "channel_id" {
  value = va_channel_twilio.support.id
}

output "voice_url" {
  description = "Paste it as the voice webhook of the phone number, method POST."
  value       = va_channel_twilio.support.url
}
