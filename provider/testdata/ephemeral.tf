variable "endpoint" {}
variable "token" { sensitive = true }
variable "rotation" { default = null }

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
  credentials_in_state = false
  rotate_when_changed  = var.rotation == null ? null : { at = var.rotation }
}

ephemeral "va_channel_credentials" "main" {
  channel_id = va_channel_testkind.main.id
}

provider "echo" {
  data = {
    length  = length(ephemeral.va_channel_credentials.main.values["client_secret"])
    version = ephemeral.va_channel_credentials.main.credentials_version
  }
}

resource "echo" "main" {}
