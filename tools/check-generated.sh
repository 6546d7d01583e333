#!/usr/bin/env bash
# Fails when `make generate` changes, adds or removes a file that git does not
# ignore. In a clean clone this is `git diff --exit-code` plus new files; in a
# working tree it accepts edits that are not committed yet.
set -euo pipefail
cd "$(dirname "$0")/.."

state() {
  git ls-files -z --cached --others --exclude-standard |
    { xargs -0 sha256sum 2>/dev/null || true; } | sort --key=2
}

mkdir -p build
state >build/before-generate
make generate
state >build/after-generate
if ! diff build/before-generate build/after-generate >build/generate.diff; then
  echo "generated files differ from what the sources say; run 'make generate' and commit:" >&2
  sed -n 's/^[<>] [0-9a-f]* *//p' build/generate.diff | sort --unique | sed 's/^/  /' >&2
  git --no-pager diff --stat >&2
  exit 1
fi
echo "generated files are current"
