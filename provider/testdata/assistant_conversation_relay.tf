variable "endpoint" {}
variable "token" { sensitive = true }
variable "name" { default = "bot" }
variable "api_key" {
  sensitive = true
  ephemeral = true
  default   = "planted-relay-token"
}
variable "key_version" { default = 1 }

provider "va" {
  endpoint    = var.endpoint
  token       = var.token
  max_retries = 3
}

resource "va_assistant" "main" {
  name = var.name
  engine = {
    conversation_relay = {
      url                = "wss://bot.example.com/relay"
      api_key_wo         = var.api_key
      api_key_wo_version = var.key_version
      play_hosts         = ["sounds.example.com", "cdn.example.com"]
      stt = {
        api_key_wo         = var.api_key
        api_key_wo_version = var.key_version
      }
      tts = {
        base_url = "https://speech.example.com/v1"
        model    = "tts-1"
      }
    }
  }
}
