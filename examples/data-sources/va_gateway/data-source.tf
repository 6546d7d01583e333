data "va_gateway" "this" {}

output "public_url" {
  value = data.va_gateway.this.public_url
}
