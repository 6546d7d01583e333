#!/usr/bin/env bash
# Writes gateway/internal/store/internal/query with sqlc. Building sqlc takes
# longer than anything else here, so query.sum remembers what it was last given
# and what it gave: as long as neither changed, nor its version, there is
# nothing to do.
set -euo pipefail
cd "$(dirname "$0")/.."

store=gateway/internal/store
sums=$store/internal/query/query.sum

state() {
  local LC_ALL=C # the order of files
  grep -F 'github.com/sqlc-dev/sqlc v' tools/go.mod | tr -d '\t'
  sha256sum $store/sqlc.yaml $store/query.sql $store/migrations/postgres/*.sql $store/internal/query/*.go
}

if state | cmp --silent - $sums; then
  exit 0
fi
go -C tools build -o "$PWD/bin/" github.com/sqlc-dev/sqlc/cmd/sqlc
bin/sqlc generate --file $store/sqlc.yaml
state >$sums
