#!/usr/bin/env bash
# The module graph resolves and builds without cgo, nothing in the module cache
# was altered, and neither binary outgrew its limit.
set -euo pipefail
cd "$(dirname "$0")/.."

grep -q 'go get -u. breaks the build' go.mod || { echo "go.mod: the comment about pins is gone" >&2; exit 1; }

export CGO_ENABLED=0
go mod verify
go build ./...
go vet ./...

mkdir -p build/size
go build -ldflags '-s -w' -o build/size/ . ./gateway

limit() { # file, megabytes
  local size=$(($(wc -c <"build/size/$1")))
  printf '%s: %d.%d MB of at most %d MB\n' "$1" $((size / 1000000)) $((size / 100000 % 10)) "$2"
  ((size <= $2 * 1000000)) || { echo "$1 is larger than its limit" >&2; exit 1; }
}
limit terraform-provider-va 20
limit gateway 35
