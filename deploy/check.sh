#!/usr/bin/env bash
# Format, lints, documentation, types, and generated files that are as the sources would make them.
set -euo pipefail
cd "$(dirname "$0")/.."

# A generated folder is out of date if making it anew changes what is there.
unchanged() {
  local folder=$1 before
  shift
  before=$(mktemp -d)
  cp -a "$folder" "$before/was"
  "$@"
  if ! diff -r "$before/was" "$folder"; then
    rm -rf "$before"
    echo "$folder was out of date; it is up to date now" >&2
    return 1
  fi
  rm -rf "$before"
}

cargo fmt --all --check
cargo clippy --locked --workspace --all-targets -- -D warnings
RUSTDOCFLAGS='-D warnings' cargo doc --locked --workspace --no-deps --document-private-items
unchanged web/src/gen cargo test --locked --quiet --lib export_bindings
unchanged .sqlx deploy/dev-database.sh prepare
cd web
npm run --silent lint
npm run --silent check
