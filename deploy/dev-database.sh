#!/bin/sh
# A throw-away Postgres with all migrations applied, for regenerating .sqlx without the hub:
#   deploy/dev-database.sh start     make it (afresh) and print its address
#   deploy/dev-database.sh url       print its address
#   deploy/dev-database.sh stop      end it and remove it
#   deploy/dev-database.sh prepare   start, regenerate .sqlx, stop
set -eu

root=$(cd "$(dirname "$0")/.." && pwd)
home="${TMPDIR:-/tmp}/dispatch-hub-dev-database-$(id -u)-$(printf %s "$root" | cksum | cut -d" " -f1)"

bin=${HUB_PG_BIN:-}
if [ -z "$bin" ] && command -v initdb >/dev/null 2>&1; then bin=$(dirname "$(command -v initdb)"); fi
if [ -z "$bin" ]; then
  for candidate in /usr/lib/postgresql/*/bin /usr/pgsql-*/bin /opt/homebrew/opt/postgresql*/bin /usr/local/opt/postgresql*/bin; do
    if [ -x "$candidate/initdb" ]; then bin=$candidate; fi
  done
fi
if [ -z "$bin" ]; then
  echo "PostgreSQL's server programs are not installed (apt-get install postgresql, brew install postgresql@17)" >&2
  exit 1
fi

# Postgres refuses to run as root.
as_postgres() {
  if [ "$(id -u)" = 0 ]; then su postgres -s /bin/sh -c 'exec "$0" "$@"' -- "$@"; else "$@"; fi
}

url() {
  printf 'postgres://hub@%s/postgres\n' "$(printf %s "$home" | sed 's|/|%2F|g')"
}

stop() {
  if [ -d "$home" ]; then
    (cd / && as_postgres "$bin/pg_ctl" stop -s -m immediate -D "$home/pg" >/dev/null 2>&1) || true
    rm -rf "$home"
  fi
}

start() {
  stop
  mkdir -m 0700 "$home"
  if [ "$(id -u)" = 0 ]; then chown postgres "$home"; fi
  cd /
  as_postgres "$bin/initdb" -D "$home/pg" -U hub -A trust -E UTF8 --no-locale --no-sync >/dev/null
  as_postgres "$bin/pg_ctl" start -s -w -D "$home/pg" -l "$home/log" -o "-k $home -h '' -c fsync=off" >/dev/null
  cd "$root"
  for migration in migrations/*.sql; do
    psql -q -v ON_ERROR_STOP=1 -1 "$(url)" -f "$migration" >/dev/null
  done
}

prepare() {
  start
  trap stop EXIT
  rm -rf .sqlx
  mkdir .sqlx
  touch src/lib.rs
  SQLX_OFFLINE=false SQLX_OFFLINE_DIR="$root/.sqlx" DATABASE_URL="$(url)" cargo check --package dispatch-hub --lib
}

case "${1:-}" in
  start) start && url ;;
  url) url ;;
  stop) stop ;;
  prepare) prepare ;;
  *) sed -n '2,7s/^# \{0,1\}//p' "$0" >&2; exit 2 ;;
esac
