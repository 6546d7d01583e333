terraform {
  required_providers {
    va = {
      source = "va-gateway/va"
    }
  }
}

variable "va_token" {
  description = "Admin token of the gateway; its first one is in <data dir>/admin-token."
  type        = string
  sensitive   = true
}

provider "va" {
  endpoint = "http://127.0.0.1:8081" # or the environment variable VA_ENDPOINT
  token    = var.va_token            # or the environment variable VA_TOKEN
}
