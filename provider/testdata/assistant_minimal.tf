variable "endpoint" {}
variable "token" { sensitive = true }

provider "va" {
  endpoint    = var.endpoint
  token       = var.token
  max_retries = 3
}

resource "va_assistant" "main" {
  name = "minimal"
}
