variable "endpoint" {}
variable "token" { sensitive = true }
variable "rotation" {
  type    = string
  default = null
}

variable "auth_methods" {
  type    = set(string)
  default = null
}

variable "protocol" {
  type    = string
  default = null
}

provider "va" {
  endpoint    = var.endpoint
  token       = var.token
  max_retries = 3
}

resource "va_assistant" "main" {
  name = "support"
}

resource "va_channel_3clogic" "main" {
  assistant_id         = va_assistant.main.id
  provider_application = "hotline"
  protocol             = var.protocol
  auth_methods         = var.auth_methods
  attribute_allow_list = ["topic"]
  rotation_overlap     = "1h"
  rotate_when_changed  = var.rotation == null ? null : { by = var.rotation }
}
