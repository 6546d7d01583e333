# As many resources of the core itself, with as much in state: what the core
# costs without any provider process.
variable "channels" {
  type = number
}

resource "terraform_data" "line" {
  count = var.channels

  input = {
    assistant_id               = "asst_01JD8Z6V5B3W3T1H6R4M0X7Q2N"
    provider_application       = "line ${count.index}"
    phone_number_to_live_agent = "+14155550123"
    authentication_token       = "0123456789abcdef0123456789abcdef"
    url                        = "http://127.0.0.1:8080/c/twilio/chn_01JD8Z6V5B3W3T1H6R4M0X7Q2N/voice"
    voice_fallback_url         = "http://127.0.0.1:8080/c/twilio/chn_01JD8Z6V5B3W3T1H6R4M0X7Q2N/voice-fallback"
    status_callback_url        = "http://127.0.0.1:8080/c/twilio/chn_01JD8Z6V5B3W3T1H6R4M0X7Q2N/status"
  }
}
