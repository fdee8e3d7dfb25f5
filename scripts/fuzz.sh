#!/usr/bin/env bash
# Runs every fuzz target of the module for the given time each (default 3s).
# What is found is made smaller in ten tries at most: by default a worker spends
# up to a minute on each input that reached something new.
set -euo pipefail
cd "$(dirname "$0")/.."
time=${1:-3s}

# fuzz runs one target. The fuzzer reports the end of its own time as a failure
# when a worker is late to answer ("context deadline exceeded", with no failing
# input): that is no finding.
fuzz() {
  local dir=$1 target=$2 out
  echo "fuzz $dir $target"
  if out=$(go test -tags duckdb_arrow -run '^$' -fuzz "^$target\$" -fuzztime "$time" -fuzzminimizetime 10x "$dir" 2>&1); then
    echo "$out" | tail -n 1
    return
  fi
  echo "$out"
  ! grep -q 'Failing input written' <<<"$out" && grep -q 'context deadline exceeded' <<<"$out"
}

grep -rlE '^func Fuzz[A-Z]' --include='*_test.go' . | xargs -n1 dirname | sort -u | while read -r dir; do
  grep -hoE '^func Fuzz[A-Za-z0-9_]+' "$dir"/*_test.go | sed 's/func //' | sort | while read -r target; do
    fuzz "$dir" "$target"
  done
done
