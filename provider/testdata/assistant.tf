variable "endpoint" {}
variable "token" { sensitive = true }
variable "name" { default = "support" }
variable "max_call_duration" { default = "30m" }
variable "silence" { default = "700ms" }

provider "va" {
  endpoint    = var.endpoint
  token       = var.token
  max_retries = 3
}

resource "va_assistant" "main" {
  name               = var.name
  description        = "Answers questions about orders."
  tags               = ["orders", "blue"]
  language           = "en-GB"
  greeting           = "Hello {{customer}}."
  max_call_duration  = var.max_call_duration
  inactivity_timeout = "10s"
  fallback           = "end_call"
  variables          = { customer = "friend" }

  voice = {
    id             = "en-gb"
    speed          = 1.1
    pronunciations = { SQL = "sequel" }
  }
  engine = {
    scripted = { tts = "auto" }
  }
  turn = {
    silence         = var.silence
    dtmf_interrupts = false
  }
  transfers = {
    desk  = { description = "A person.", destination = "+14155550123" }
    other = {}
  }
}
