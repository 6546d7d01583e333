variable "twilio_auth_token" {
  description = "Auth token of the Twilio account that owns the phone number."
  type        = string
  sensitive   = true
  ephemeral   = true # never in a plan or state file
}

variable "twilio_api_key_secret" {
  description = "Secret of an API key made for the gateway alone."
  type        = string
  sensitive   = true
  ephemeral   = true
}

resource "va_assistant" "support" {
  name     = "support"
  greeting = "Hello. How can I help you?"
}

resource "va_channel_twilio" "support" {
  assistant_id               = va_assistant.support.id
  provider_application       = "service line"
  phone_number_to_live_agent = "+14155550123"
  max_concurrent_calls       = 50 # the 51st caller gets the live agent at once

  # Raise the version whenever the token changes; the one it replaces stays
  # valid for rotation_overlap.
  authentication_token_wo         = var.twilio_auth_token
  authentication_token_wo_version = 1
  rotation_overlap                = "24h"

  # Optional: requests of any other account are refused, and with a key the
  # gateway ends or transfers a call itself when Twilio does not ask.
  account_sid               = "AC0123456789abcdef0123456789abcdef"
  api_key_sid               = "SK0123456789abcdef0123456789abcdef"
  api_key_secret_wo         = var.twilio_api_key_secret
  api_key_secret_wo_version = 1
}

# The voice webhook of the phone number, method POST.
output "voice_url" {
  value = va_channel_twilio.support.url
}
