# A phone number bought at Twilio and answered by an assistant, in one apply.
terraform {
  required_version = ">= 1.11"
  required_providers {
    twilio = {
      source = "twilio/twilio"
    }
    va = {
      source = "va-gateway/va"
    }
  }
}

provider "va" {} # VA_ENDPOINT, VA_TOKEN

provider "twilio" {
  username = var.twilio_account_sid
  password = var.twilio_auth_token
}

resource "va_assistant" "service_line" {
  name     = "service line"
  greeting = "Hello, you have reached the service line. How can I help you?"
}

resource "va_channel_twilio" "service_line" {
  assistant_id               = va_assistant.service_line.id
  provider_application       = "service line"
  phone_number_to_live_agent = var.live_agent
  authentication_token       = var.twilio_auth_token
}

resource "twilio_api_accounts_incoming_phone_numbers" "service_line" {
  area_code     = var.area_code
  friendly_name = "service line"

  voice_url              = va_channel_twilio.service_line.url
  voice_method           = "POST"
  voice_fallback_url     = va_channel_twilio.service_line.voice_fallback_url
  voice_fallback_method  = "POST"
  status_callback        = va_channel_twilio.service_line.status_callback_url
  status_callback_method = "POST"
}
