#!/usr/bin/env bash
# Lays a provider binary out as a filesystem mirror and prints the CLI
# configuration that uses it and nothing else.
# Usage: mirror.sh PROVIDER-BINARY DIRECTORY
set -euo pipefail

binary=${1:?provider binary}
mirror=${2:?directory}
version=0.0.1 # never chosen: a pre-release without a constraint, and 0.0.0, which means unspecified
platform=$(go env GOOS)_$(go env GOARCH)

# Terraform resolves the short source va-gateway/va under its own registry's
# host, OpenTofu under the other one.
for host in registry.terraform.io registry.opentofu.org; do
  dir=$mirror/$host/va-gateway/va/$version/$platform
  mkdir -p "$dir"
  cp "$binary" "$dir/terraform-provider-va_v$version"
done

cat <<HCL
provider_installation {
  filesystem_mirror {
    path = "$mirror"
  }
}
HCL
