variable "twilio_auth_token" {
  description = "Auth token of the Twilio account that owns the phone number."
  type        = string
  sensitive   = true
  ephemeral   = true # never in a plan or state file
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
}

# The voice webhook of the phone number, method POST.
output "voice_url" {
  value = va_channel_twilio.support.url
}
