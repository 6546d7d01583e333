#!/usr/bin/env bash
# Installs the Debian packages that are missing; asks nothing when all are
# there. Usage: install-debian.sh run|test
set -euo pipefail

packages=(espeak-ng pocketsphinx pocketsphinx-en-us)
if [[ ${1:?run or test} == test ]]; then
  # gcc for the race detector, postgresql for the store's conformance suite,
  # sip-tester and baresip-core for calls by other implementations, sipvicious
  # for scans.
  packages+=(gcc libc6-dev postgresql sip-tester baresip-core sipvicious)
fi

if ! command -v apt-get >/dev/null; then
  echo "no apt-get here; install what Debian calls: ${packages[*]}" >&2
  exit 0
fi

missing=()
for package in "${packages[@]}"; do
  status=$(dpkg-query --show --showformat='${db:Status-Status}' "$package" 2>/dev/null || true)
  [[ $status == installed ]] || missing+=("$package")
done
if ((${#missing[@]} == 0)); then
  exit 0
fi

as_root=()
if ((EUID != 0)); then
  if ! sudo -n true 2>/dev/null; then
    echo "missing Debian packages, and this is not root. Run this, then try again:" >&2
    echo "  sudo apt-get update && sudo apt-get install --yes --no-install-recommends ${missing[*]}" >&2
    exit 1
  fi
  as_root=(sudo -n)
fi
echo "installing ${missing[*]}"
"${as_root[@]}" apt-get update --quiet --quiet
"${as_root[@]}" env DEBIAN_FRONTEND=noninteractive \
  apt-get install --quiet --quiet --yes --no-install-recommends "${missing[@]}"
