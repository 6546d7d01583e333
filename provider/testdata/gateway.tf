variable "endpoint" {}
variable "token" { sensitive = true }

provider "va" {
  endpoint = var.endpoint
  token    = var.token
}

data "va_gateway" "main" {}
