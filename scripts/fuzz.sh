#!/usr/bin/env bash
# Runs every fuzz target of the module for the given time each (default 3s).
set -euo pipefail
cd "$(dirname "$0")/.."
time=${1:-3s}
grep -rlE '^func Fuzz[A-Z]' --include='*_test.go' . | xargs -n1 dirname | sort -u | while read -r dir; do
  grep -hoE '^func Fuzz[A-Za-z0-9_]+' "$dir"/*_test.go | sed 's/func //' | sort | while read -r target; do
    echo "fuzz $dir $target"
    go test -tags duckdb_arrow -run '^$' -fuzz "^$target\$" -fuzztime "$time" "$dir"
  done
done
