#!/usr/bin/env bash
# Finds what the hub needs on this machine and installs what is missing with the system's package manager.
# Where it may not or cannot, it says exactly what to type and ends with 1. With --with-chromium also what `make test` needs.
set -euo pipefail

rust_wanted=1.94
node_wanted=20.19
postgres_wanted=15

chromium=no
[ "${1:-}" = --with-chromium ] && chromium=yes

have() { command -v "$1" >/dev/null 2>&1; }

# at_least 20.19 20.20.2
at_least() { [ "$(printf '%s\n%s\n' "$1" "$2" | sort -V | head -n 1)" = "$1" ]; }

rust_is_there() { have cargo && at_least "$rust_wanted" "$(cd / && rustc --version 2>/dev/null | cut -d ' ' -f 2)"; }
node_is_there() { have npm && have node && at_least "$node_wanted" "$(node --version 2>/dev/null | tr -d v)"; }
linker_is_there() { have cc; }
chromium_is_there() { [ "$chromium" = no ] || [ -x "${CHROMIUM:-/usr/bin/chromium}" ]; }

# The search needs pg_trgm and btree_gin, which some systems pack apart as "contrib". Without pg_config nobody can tell.
contrib_is_there() {
  local config="$1/pg_config" name
  [ -x "$config" ] || return 0
  for name in pg_trgm btree_gin; do [ -e "$("$config" --sharedir)/extension/$name.control" ] || return 1; done
}

postgres_is_there() {
  local folder
  for folder in "${HUB_PG_BIN:-}" "$(dirname "$(command -v initdb 2>/dev/null || echo /nowhere/initdb)")" \
    /usr/lib/postgresql/*/bin /usr/pgsql-*/bin /usr/libexec/postgresql* \
    /opt/homebrew/opt/postgresql*/bin /usr/local/opt/postgresql*/bin; do
    if [ -n "$folder" ] && [ -x "$folder/initdb" ] && [ -x "$folder/postgres" ] &&
      at_least "$postgres_wanted" "$("$folder/postgres" --version | grep -oE '[0-9]+(\.[0-9]+)?' | head -n 1)" &&
      contrib_is_there "$folder"; then
      return 0
    fi
  done
  return 1
}

missing() {
  rust_is_there || echo rust
  linker_is_there || echo linker
  node_is_there || echo node
  postgres_is_there || echo postgres
  chromium_is_there || echo chromium
}

wanted=$(missing)
[ -z "$wanted" ] && exit 0

if have apt-get; then manager=apt-get; elif have dnf; then manager=dnf; elif have apk; then manager=apk
elif have pacman; then manager=pacman; elif have brew; then manager=brew; else manager=none; fi

# What a package manager calls it; empty where its version would be too old or it has none.
package() {
  case "$manager/$1" in
    apt-get/linker) echo build-essential ;;
    apt-get/node)
      local version
      version=$(apt-cache policy nodejs 2>/dev/null | sed -nE 's/^ *Candidate: ([0-9.]+).*/\1/p')
      if [ -n "$version" ] && at_least "$node_wanted" "$version"; then echo nodejs npm; fi
      ;;
    apt-get/postgres) echo postgresql ;;
    apt-get/chromium) echo chromium ;;
    dnf/linker) echo gcc ;;
    dnf/node) echo nodejs npm ;;
    dnf/postgres) echo postgresql-server postgresql-contrib ;;
    dnf/chromium) echo chromium ;;
    apk/linker) echo build-base ;;
    apk/node) echo nodejs npm ;;
    apk/postgres) echo postgresql postgresql-contrib ;;
    apk/chromium) echo chromium ;;
    pacman/linker) echo base-devel ;;
    pacman/node) echo nodejs npm ;;
    pacman/postgres) echo postgresql ;;
    pacman/chromium) echo chromium ;;
    brew/node) echo node ;;
    brew/postgres) echo postgresql@17 ;;
    brew/chromium) echo --cask chromium ;;
  esac
}

case $manager in
  apt-get) install=(apt-get install) unasked=(-y --no-install-recommends) refresh=(apt-get update -q) ;;
  dnf) install=(dnf install) unasked=(-y) refresh=(true) ;;
  apk) install=(apk add) unasked=() refresh=(apk update) ;;
  pacman) install=(pacman -S) unasked=(--needed --noconfirm) refresh=(pacman -Sy) ;;
  brew) install=(brew install) unasked=() refresh=(true) ;;
  none) install=(true) unasked=() refresh=(true) ;;
esac

may_install=yes
as_root=()
sudo=""
if [ "$manager" != brew ] && [ "$(id -u)" != 0 ]; then
  sudo="sudo "
  if have sudo && sudo -n true 2>/dev/null; then as_root=(sudo -n env DEBIAN_FRONTEND=noninteractive); else may_install=no; fi
fi

if [ "$may_install" = yes ]; then
  ${as_root[@]+"${as_root[@]}"} "${refresh[@]}" >/dev/null || true
  packages=()
  for need in $wanted; do
    read -ra names <<<"$(package "$need")"
    packages+=(${names[@]+"${names[@]}"})
  done
  if [ ${#packages[@]} -gt 0 ]; then
    echo "installing ${packages[*]} with $manager"
    export DEBIAN_FRONTEND=noninteractive
    ${as_root[@]+"${as_root[@]}"} "${install[@]}" ${unasked[@]+"${unasked[@]}"} "${packages[@]}" >/dev/null || true
  fi
fi

wanted=$(missing)
[ -z "$wanted" ] && exit 0

{
  echo "Still missing on this machine; type this, then try again:"
  for need in $wanted; do
    names=$(package "$need")
    case $need in
      rust) what="Rust $rust_wanted or newer" otherwise="rustup update stable    (rustup itself: https://rustup.rs)" ;;
      node) what="Node $node_wanted or newer with npm" otherwise="https://nodejs.org/en/download, or your version manager: nvm install 22" ;;
      linker) what="A C compiler and linker" otherwise="with your system's package manager" ;;
      postgres) what="PostgreSQL's server programs with contrib, $postgres_wanted or newer (or their folder in HUB_PG_BIN)" otherwise="with your system's package manager" ;;
      chromium) what="Chromium (or its path in CHROMIUM)" otherwise="with your system's package manager" ;;
    esac
    if [ -n "$names" ]; then echo "  $what: $sudo${install[*]} $names"; else echo "  $what: $otherwise"; fi
  done
} >&2
exit 1
