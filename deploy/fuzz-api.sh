#!/usr/bin/env bash
# Asks every operation of /api/openapi.json what nobody would ask, as an admin, a dispatcher, a portal user and a worker, each of a fresh
# demo: no answer may be a server error, or of another shape than described. Needs Schemathesis 4 (pip install schemathesis).
#   deploy/fuzz-api.sh [EXAMPLES]     so many requests for each operation, by default 12
set -euo pipefail
cd "$(dirname "$0")/.."

examples=${1:-12}
hub=${HUB_BIN:-${CARGO_TARGET_DIR:-target}/debug/dispatch-hub}
listen=127.0.0.1:8199
checks=not_a_server_error,response_schema_conformance,status_code_conformance,content_type_conformance
# What ends the log-in itself, what is no HTTP, and what stock trackers send in their own formats.
apart='^/(in|ws|metrics|u)|logout|sessions|password|switch|login'

command -v schemathesis > /dev/null || { echo "Schemathesis is not installed (pip install schemathesis)" >&2; exit 1; }
test -x "$hub" || { echo "there is no hub at $hub (cargo build)" >&2; exit 1; }

failed=0
for who in admin dispatcher customer1 worker1; do
  folder=$(mktemp -d)
  chmod 755 "$folder"
  HUB_API_PER_MINUTE=60000 HUB_PUSH_CONTACT=mailto:ops@demo.example "$hub" demo --still --listen "$listen" --data "$folder/data" > "$folder/out" 2> "$folder/log" &
  pid=$!
  until grep -q "^listening on" "$folder/out"; do sleep 0.2; kill -0 "$pid"; done
  token=$(curl -s -D - -o /dev/null -H 'content-type: application/json' \
    -d "{\"email\":\"$who@demo.example\",\"password\":\"demo\",\"tenant\":\"demo\"}" "http://$listen/api/login" |
    sed -n 's/^set-cookie: hub_session=\([^;]*\).*/\1/ip')
  echo "== $who"
  schemathesis run "http://$listen/api/openapi.json" -H "Authorization: Bearer $token" --checks "$checks" --max-examples "$examples" \
    --phases fuzzing,stateful --mode all --exclude-path-regex "$apart" --continue-on-failure --no-color > "$folder/fuzz" 2>&1 ||
    { failed=1; cat "$folder/fuzz"; }
  grep -E "generated," "$folder/fuzz"
  kill "$pid"
  wait "$pid" || true
  rm -rf "$folder"
done
exit "$failed"
