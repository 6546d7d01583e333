#!/usr/bin/env bash
# From nothing to a spoken call: starts a gateway, applies examples/quickstart
# with the real Terraform or OpenTofu, places a test call as Twilio does.
# Usage: demo.sh run|demo PATH-OF-TERRAFORM-OR-TOFU
#   run   contract ports, keeps serving until Ctrl-C
#   demo  free ports, exits: 0 only if the call was answered with speech
set -euo pipefail
umask 077
cd "$(dirname "$0")/.."

mode=${1:?run or demo}
terraform=${2:?path of terraform or tofu}
bin=$PWD/build/bin
work=$PWD/build/demo/$mode
gateway_pid=

say() { printf '\n== %s\n' "$*"; }
die() {
  echo "demo: $*" >&2
  exit 1
}

finish() {
  local status=$?
  trap - EXIT INT TERM
  if [[ -n $gateway_pid ]] && kill -0 "$gateway_pid" 2>/dev/null; then
    kill -TERM "$gateway_pid"
    wait "$gateway_pid" || true
  fi
  exit "$status"
}
trap finish EXIT
trap 'exit 130' INT
trap 'exit 143' TERM

open() { (exec 3<>"/dev/tcp/127.0.0.1/$1") 2>/dev/null; }

# Below the kernel's range for outgoing connections, so nobody is given the
# port by chance between the test and its use.
free_port() {
  local port
  for _ in {1..100}; do
    port=$((20000 + RANDOM % 10000))
    if ! open "$port"; then
      echo "$port"
      return
    fi
  done
  die "no free port between 20000 and 29999"
}

get() { # port, path: the whole answer
  exec 3<>"/dev/tcp/127.0.0.1/$1" || return 1
  printf 'GET %s HTTP/1.0\r\nHost: 127.0.0.1\r\n\r\n' "$2" >&3
  timeout 5 cat <&3
  exec 3>&-
}

ready() { [[ $(get "$admin" /readyz) == HTTP/1.?" 200 "* ]] 2>/dev/null; }

case $mode in
  run) public=8080 admin=8081 ;;
  demo)
    public=$(free_port)
    admin=$(free_port)
    ;;
  *) die "$mode: neither run nor demo" ;;
esac

# Every run starts from nothing: a state without its gateway, or a gateway
# without its state, would only show how drift looks.
rm -rf "$work"
mkdir -p "$work/quickstart"

say "1. Gateway"
VA_HTTP_LISTEN=127.0.0.1:$public VA_PUBLIC_URL=http://127.0.0.1:$public \
  VA_ADMIN_LISTEN=127.0.0.1:$admin VA_DATA_DIR=$work/data \
  "$bin/gateway" serve >"$work/gateway.log" 2>&1 &
gateway_pid=$!
for _ in {1..300}; do
  if ready 2>/dev/null; then
    break
  fi
  if ! kill -0 "$gateway_pid" 2>/dev/null; then
    cat "$work/gateway.log" >&2
    die "the gateway did not start"
  fi
  sleep 0.1
done
ready || die "the gateway is not ready after 30 s; see $work/gateway.log"
echo "calls on http://127.0.0.1:$public, admin API on http://127.0.0.1:$admin, log in ${work#"$PWD"/}/gateway.log"

# Nothing of the caller's own Terraform settings takes part.
for name in ${!TF_*}; do unset "$name"; done
tools/mirror.sh "$bin/terraform-provider-va" "$work/mirror" >"$work/cli.tfrc"
cp examples/quickstart/*.tf "$work/quickstart/"
export TF_CLI_CONFIG_FILE=$work/cli.tfrc TF_IN_AUTOMATION=1 TF_INPUT=0 CHECKPOINT_DISABLE=1
[[ -t 1 ]] || export TF_CLI_ARGS=-no-color
export VA_ENDPOINT=http://127.0.0.1:$admin
VA_TOKEN=$(<"$work/data/admin-token")
TF_VAR_twilio_auth_token=$(od -An -N16 -tx1 /dev/urandom | tr -d ' \n')
export VA_TOKEN TF_VAR_twilio_auth_token

say "2. plan and apply ($("$terraform" version | head -1))"
tf() { "$terraform" -chdir="$work/quickstart" "$@"; }
tf init -no-color >"$work/init.log" || { cat "$work/init.log" >&2; die "init"; }
tf plan -out=plan.bin
tf apply plan.bin
tf plan -detailed-exitcode >"$work/second-plan.log" || die "a second plan shows changes; see $work/second-plan.log"
echo "a second plan shows no changes"

say "3. A test call, as Twilio places it"
if [[ $(get "$admin" /healthz) == *pocketsphinx* ]]; then
  caller=(--say agent --say yes)
else
  caller=(--say hello --digits 0) # nobody here understands speech
fi
answered=0
"$bin/gateway" call \
  --admin-url "$VA_ENDPOINT" --token-file "$work/data/admin-token" \
  --channel "$(tf output -raw channel_id)" \
  "${caller[@]}" --expect transfer \
  --out "$work/answer.wav" || answered=$?
[[ $answered == 0 ]] || die "the call failed (exit status $answered); see $work/gateway.log"
[[ -s $work/answer.wav ]] || die "the call left no WAV"

if [[ $mode == run ]]; then
  say "Serving until Ctrl-C"
  for name in VA_ENDPOINT VA_TOKEN TF_CLI_CONFIG_FILE TF_VAR_twilio_auth_token; do
    printf 'export %s=%q\n' "$name" "${!name}"
  done >"$work/env"
  echo "to change the assistant, edit ${work#"$PWD"/}/quickstart/main.tf, then, in another terminal here:"
  echo "  (. ${work#"$PWD"/}/env && $terraform -chdir=${work#"$PWD"/}/quickstart apply)"
  trap 'exit 0' INT TERM # the wanted end
  wait "$gateway_pid"
fi
