terraform {
  required_providers {
    va = {
      source = "va-gateway/va"
    }
  }
}

variable "channels" {
  type = number
}

resource "va_assistant" "reception" {
  name = "Reception"
}

resource "va_channel_twilio" "line" {
  count                      = var.channels
  assistant_id               = va_assistant.reception.id
  provider_application       = "line ${count.index}"
  phone_number_to_live_agent = "+14155550123"
  authentication_token       = "0123456789abcdef0123456789abcdef"
}
