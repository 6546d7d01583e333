variable "endpoint" {}
variable "token" { sensitive = true }
variable "name" { default = "model" }
variable "api_key" {
  sensitive = true
  ephemeral = true
  default   = "sk-planted-in-terraform"
}
variable "key_version" { default = 1 }

provider "va" {
  endpoint    = var.endpoint
  token       = var.token
  max_retries = 3
}

resource "va_assistant" "main" {
  name          = var.name
  instructions  = "You help with orders."
  greeting_mode = "generated"
  voice         = { id = "marin" }
  engine = {
    openai_realtime = {
      model              = "gpt-realtime"
      headers            = { OpenAI-Project = "proj_1" }
      api_key_wo         = var.api_key
      api_key_wo_version = var.key_version
      turn_detection     = "server_vad"
      threshold          = 0.6
      prefix_padding     = "200ms"
    }
  }
}
