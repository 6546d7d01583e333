resource "va_assistant" "support" {
  name     = "support"
  greeting = "Hello. How can I help you?"
}

resource "va_channel_3clogic" "support" {
  assistant_id         = va_assistant.support.id
  provider_application = "service line"

  # Parameters that the platform may pass in with a call; the assistant reads
  # them as its variables.
  attribute_allow_list = ["customer_tier", "ticket_number"]
}

# What the platform is given.
output "url" {
  value = va_channel_3clogic.support.url
}

output "client_id" {
  value = va_channel_3clogic.support.client_id
}

output "client_secret" {
  value     = va_channel_3clogic.support.client_secret
  sensitive = true
}
