output "phone_number" {
  value = twilio_api_accounts_incoming_phone_numbers.service_line.phone_number
}

output "channel_id" {
  value = va_channel_twilio.service_line.id
}
