#!/usr/bin/env bash
# Prints the median length of a Go file and every file above 500 lines, which
# needs a reason in review. Test files and generated files do not count.
set -euo pipefail
cd "$(dirname "$0")/.."

git ls-files -z --cached --others --exclude-standard -- '*.go' ':!*_test.go' |
  while IFS= read -r -d '' file; do
    if [[ -f $file ]] && ! grep -qE '^// Code generated .* DO NOT EDIT\.$' "$file"; then
      printf '%s %s\n' "$(($(wc -l <"$file")))" "$file"
    fi
  done | sort --numeric-sort | awk '
    { lines[NR] = $1; total += $1 }
    $1 > 500 { long[++n] = $0 }
    END {
      if (NR == 0) exit 1
      median = NR % 2 ? lines[(NR + 1) / 2] : (lines[NR / 2] + lines[NR / 2 + 1]) / 2
      printf "%d Go files, %d lines, median %d, longest %d\n", NR, total, median, lines[NR]
      for (i = 1; i <= n; i++) print "above 500 lines: " long[i]
    }'
