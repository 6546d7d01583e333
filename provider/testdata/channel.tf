variable "endpoint" {}
variable "token" { sensitive = true }
variable "name" { default = "first" }
variable "rotation" { default = null }
variable "credentials_in_state" {
  type    = bool
  default = true
}

provider "va" {
  endpoint    = var.endpoint
  token       = var.token
  max_retries = 3
}

resource "va_assistant" "main" {
  name = "support"
}

resource "va_channel_testkind" "main" {
  assistant_id         = va_assistant.main.id
  provider_application = "shop"
  name                 = var.name
  credentials_in_state = var.credentials_in_state
  rotate_when_changed  = var.rotation == null ? null : { at = var.rotation }
}

resource "terraform_data" "consumer" {
  input = va_channel_testkind.main.client_secret
}
