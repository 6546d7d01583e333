#!/usr/bin/env bash
# Builds OpenTofu into bin/tofu. `go install module@version` refuses a module
# with replace directives, so its source directory becomes the main module.
# Usage: build-tofu.sh VERSION
set -euo pipefail
cd "$(dirname "$0")/.."

version=${1:?version}
root=$PWD
source=build/tofu-src

echo "building OpenTofu $version (once, some minutes)"
dir=$(go mod download -json "github.com/opentofu/opentofu@v$version" | sed -n 's/.*"Dir": "\(.*\)".*/\1/p')
[[ -n $dir ]] || { echo "OpenTofu v$version: no module directory" >&2; exit 1; }

rm -rf "$source"
mkdir -p build bin
cp -r "$dir" "$source"
chmod -R u+w "$source"
go -C "$source" build -ldflags "-s -w -X github.com/opentofu/opentofu/version.dev=no" -o "$root/bin/tofu" ./cmd/tofu
rm -rf "$source"
