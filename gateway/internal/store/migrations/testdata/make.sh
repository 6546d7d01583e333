#!/bin/sh
# Makes the sample data of one schema version: make.sh GATEWAY DIR [flags of serve]
#
# GATEWAY is the program of that version, DIR is made anew and gets va.db and
# kek. With --database-url postgres://… the data go there instead; DIR then
# needs a key file, kek. See README.md.
set -eu
gateway=$1
dir=$2
shift 2
export VA_DATA_DIR="$dir" VA_KEK_FILE="$dir/kek" VA_PUBLIC_URL=http://127.0.0.1:28180
export VA_HTTP_LISTEN=127.0.0.1:28180 VA_ADMIN_LISTEN=127.0.0.1:28181
export VA_ADMIN_TOKEN=upgrade-admin-token-0123456789-0123456789
export VA_TOKEN=$VA_ADMIN_TOKEN VA_ADMIN_URL=http://127.0.0.1:28181

mkdir -p "$dir"
"$gateway" serve "$@" 2>"$dir/log" &
pid=$!
trap 'kill $pid 2>/dev/null || true' EXIT
tries=0
until curl -sf "$VA_ADMIN_URL/readyz" >/dev/null; do
  tries=$((tries + 1))
  [ $tries -lt 100 ] || exit 1
  sleep 0.2
done

# ask METHOD PATH [BODY] prints the id of the answer.
ask() {
  curl -sSf -X "$1" -H "Authorization: Bearer $VA_TOKEN" -H 'Content-Type: application/json' -H 'If-Match: *' \
    "$VA_ADMIN_URL$2" ${3:+-d "$3"} | jq -r '.id // empty'
}

front=$(ask POST /v1/assistants '{"name":"front desk","description":"Answers the main line.","tags":["shop","eu"],
  "language":"en-GB","greeting":"Welcome.","variables":{"city":"Utrecht"},
  "transfers":{"billing":{"description":"Invoices","destination":"+14155550177"}},"turn":{"silence":"700ms"},
  "max_call_duration":"10m","fallback":"live_agent"}')
night=$(ask POST /v1/assistants '{"name":"night","greeting_mode":"caller_first"}')
gone=$(ask POST /v1/assistants '{"name":"gone"}')
line() {
  printf '{"assistant_id":"%s","provider_application":"shop","name":"main line","deletion_protection":true,
    "phone_number_to_live_agent":"+14155550123","rotation_overlap":"720h","authentication_token":"%s"}' "$front" "$1"
}
main=$(ask POST /v1/channels/twilio "$(line first-token-of-the-upgrade-fixture-01)")
ask PUT "/v1/channels/$main/twilio" "$(line second-token-of-the-upgrade-fixture-2)" >/dev/null
ask POST /v1/channels/twilio "{\"assistant_id\":\"$night\",\"provider_application\":\"night\",\"enabled\":false,
  \"authentication_token\":\"other-token-of-the-upgrade-fixture-03\"}" >/dev/null
ask DELETE "/v1/assistants/$gone"
"$gateway" call --admin-url "$VA_ADMIN_URL" --channel "$main" --digits '#'
kill -TERM $pid
wait $pid
