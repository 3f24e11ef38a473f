#!/usr/bin/env bash
# Every test there is, on a clean clone; what fails does not stop the rest. The last line counts them all.
# A step that is no test (a build, a lint) counts as one that passed or failed.
set -uo pipefail
cd "$(dirname "$0")/.."

target=${CARGO_TARGET_DIR:-target}
log=$(mktemp -d)
trap 'rm -rf "$log"' EXIT
passed=0
failed=0
broken=()

# step NAME COMMAND...: runs it and keeps what it said.
step() {
  local name=$1 began=$SECONDS
  shift
  echo "== $name"
  "$@" 2>&1 | tee "$log/out"
  local status=${PIPESTATUS[0]}
  echo "-- $name: $((SECONDS - began)) s"
  return "$status"
}

# tally STATUS PASSED FAILED NAME: adds up, and does not let a step fail without a failed test.
tally() {
  local fails=$3
  if [ "$1" != 0 ] && [ "$fails" = 0 ]; then fails=1; fi
  if [ "$fails" != 0 ]; then broken+=("$4"); fi
  passed=$((passed + $2))
  failed=$((failed + fails))
}

# total PREFIX WORD: of the lines that begin so, the numbers before the word, added up.
total() {
  sed -E 's/\x1b\[[0-9;]*m//g' "$log/out" | awk -v prefix="$1" -v word="$2" '
    $0 ~ "^ *" prefix { for (i = 2; i <= NF; i++) if ($i ~ "^" word) sum += $(i - 1) }
    END { print sum + 0 }'
}

plain() {
  local status=0
  step "$@" || status=$?
  tally "$status" "$([ "$status" = 0 ] && echo 1 || echo 0)" 0 "$1"
  return "$status"
}

web() { (cd web && "$@"); }

plain "web packages" web npm ci --no-audit --no-fund --loglevel=error
plain "web build" web npm run --silent build -- --logLevel warn
plain "eslint and prettier" web npm run --silent lint
plain "svelte-check" web npm run --silent check

status=0
step "vitest" web npm run --silent test || status=$?
tally "$status" "$(total 'Tests ' passed)" "$(total 'Tests ' failed)" vitest

rm -f "$target/debug/dispatch-hub"
status=0
step "cargo test" cargo test --locked --workspace --no-fail-fast || status=$?
tally "$status" "$(total 'test result: ' passed)" "$(total 'test result: ' failed)" "cargo test"

# The journeys start the hub that cargo has built for the tests above, on a folder and a port of their own.
if plain "hub" test -x "$target/debug/dispatch-hub"; then
  status=0
  HUB_BIN=$(cd "$target" && pwd)/debug/dispatch-hub CI=1 step "journeys in Chromium" web npx playwright test || status=$?
  tally "$status" "$(total '[0-9]+ passed' passed)" "$(total '[0-9]+ failed' failed)" "journeys"
fi

echo
for name in ${broken[@]+"${broken[@]}"}; do echo "failed: $name"; done
echo "$passed passed, $failed failed"
[ "$failed" = 0 ]
