variable "endpoint" {}
variable "token" { sensitive = true }
variable "application" { default = "shop" }
variable "phone_number_to_live_agent" { default = "+14155550123" }
variable "authentication_token" {
  default   = null
  sensitive = true
}
variable "authentication_token_wo" {
  default   = null
  sensitive = true
}
variable "authentication_token_wo_version" {
  type    = number
  default = null
}
variable "account_sid" { default = null }
variable "api_key_sid" { default = null }
variable "api_key_secret_wo" {
  default   = null
  sensitive = true
}
variable "api_key_secret_wo_version" {
  type    = number
  default = null
}
variable "region" { default = null }
variable "edge" { default = null }
variable "rotation" { default = null }
variable "rotation_overlap" { default = "1h" }
variable "max_concurrent_calls" {
  type    = number
  default = null
}
variable "deletion_protection" {
  type    = bool
  default = false
}

provider "va" {
  endpoint    = var.endpoint
  token       = var.token
  max_retries = 3
}

resource "va_assistant" "main" {
  name = "support"
}

resource "va_channel_twilio" "main" {
  assistant_id                    = va_assistant.main.id
  provider_application            = var.application
  phone_number_to_live_agent      = var.phone_number_to_live_agent
  authentication_token            = var.authentication_token
  authentication_token_wo         = var.authentication_token_wo
  authentication_token_wo_version = var.authentication_token_wo_version
  account_sid                     = var.account_sid
  api_key_sid                     = var.api_key_sid
  api_key_secret_wo               = var.api_key_secret_wo
  api_key_secret_wo_version       = var.api_key_secret_wo_version
  region                          = var.region
  edge                            = var.edge
  rotate_when_changed             = var.rotation == null ? null : { at = var.rotation }
  rotation_overlap                = var.rotation_overlap
  max_concurrent_calls            = var.max_concurrent_calls
  deletion_protection             = var.deletion_protection
}
