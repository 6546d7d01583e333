variable "endpoint" {}
variable "token" { sensitive = true }
variable "name" { default = "bot" }
variable "api_key" {
  sensitive = true
  ephemeral = true
  default   = "planted-auth-token"
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
    media_stream = {
      url                = "wss://bot.example.com/streams"
      api_key_wo         = var.api_key
      api_key_wo_version = var.key_version
      account_sid        = "AC00000000000000000000000000000000"
      on_engine_close    = "transfer"
    }
  }
}
