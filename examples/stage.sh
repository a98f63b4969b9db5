# What the walks in this folder have in common: a server with a lab, commands shown as they are typed, hosts. To be sourced by
# bash; sets `work` (a folder that goes when the walk ends), `server`, and a home of the walk's own. Needs root.
set -euo pipefail
examples="$(cd "$(dirname "${BASH_SOURCE[0]}")" && pwd)"
seawall=(node "$examples/../bin/seawall.mjs")
work="$(mktemp -d)"
# A server that lets go of root reaches its folder through this one.
chmod 755 "$work"
export SEAWALL_DATA="$work/data"
export HOME="$work/home"
mkdir -p "$HOME"

finish() {
  local code=$?
  trap - EXIT
  for pid in $(jobs -p); do kill "$pid" 2>/dev/null || true; done
  wait
  rm -rf "$work"
  if ((code == 0)) && ip netns | grep -q '^swl'; then
    echo 'walk: the lab left namespaces behind' >&2
    code=1
  fi
  ((code == 0)) || echo "walk: ended with $code" >&2
  exit "$code"
}
trap finish EXIT
trap 'exit 130' INT TERM

# Shows a command as it is typed, runs it, and shows what it prints.
shown() { printf '\n$ %s\n' "$*" >&2; "$@"; }
shown_seawall() { printf '\n$ seawall %s\n' "$*" >&2; "${seawall[@]}" "$@"; }
# Runs a command in the network of a host.
on() { local host="$1"; shift; DOCKER_HOST="unix://$work/$host.sock" "${seawall[@]}" lab exec "$host" -- "$@"; }
shown_on() { printf '\n%s$ %s\n' "$1" "${*:2}" >&2; on "$@"; }
# Runs what must be refused, and says whether it was refused with this text.
refused_with() {
  local text="$1" said
  shift
  if said="$(shown_on "$@" 2>&1)"; then echo "walk: was not refused: ${*:2}" >&2; return 1; fi
  printf '%s\n' "$said"
  grep -qF -- "$text" <<<"$said" || { echo "walk: expected: $text" >&2; return 1; }
}
# Runs what must print this text.
printed() {
  local text="$1" said
  shift
  said="$("$@")"
  printf '%s\n' "$said"
  grep -qF -- "$text" <<<"$said" || { echo "walk: expected: $text" >&2; return 1; }
}

dockerd_on() {
  local host="$1" folder="$work/docker-$1"
  mkdir -p "$folder"
  on "$host" unshare --pid --fork --kill-child --mount-proc dockerd --host "unix://$work/$host.sock" \
    --data-root "$folder/data" --exec-root "$folder/exec" --pidfile "$folder/pid" --bridge none --iptables=false \
    --ip-forward=false --ip-masq=false --storage-driver vfs >"$folder/log" 2>&1 &
  local deadline=$((SECONDS + 120))
  until grep -q 'API listen on' "$folder/log"; do
    ((SECONDS < deadline)) || { cat "$folder/log" >&2; return 1; }
    read -rt 0.1 <> <(:) || true
  done
}

# Starts a server whose registries are named ….azurecr.io within the lab alone, with the settings given, and signs az in.
start_server() {
  "${seawall[@]}" up --lab on --registry-suffix azurecr.io --hosts-file off --access-log off "$@" >"$work/log" 2>&1 &
  server=$!
  until grep -q ' ready ' "$work/log"; do
    kill -0 "$server" 2>/dev/null || { cat "$work/log" >&2; exit 1; }
    read -rt 0.1 <> <(:) || true
  done
  eval "$("${seawall[@]}" env)"
}
stop_server() { kill "$server"; wait "$server"; }
