terraform {
  required_providers {
    va = {
      source = "va-gateway/va"
    }
  }
}

variable "authentication_token" {
  sensitive = true
  default   = "0123456789abcdef0123456789abcde"
}

provider "va" {
  max_retries = 1
}

resource "va_assistant" "reception" {
  name = "Reception"
}

resource "va_channel_twilio" "line" {
  count                = 3
  assistant_id         = va_assistant.reception.id
  provider_application = "line ${count.index}"
  authentication_token = "${var.authentication_token}${count.index}"
}
