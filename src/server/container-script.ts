/** The scripts that hosts of containers run: pure text, in which every word of a user is quoted. */
import type { MachineFile } from '../lab/machine.ts';

/** How an image is pulled. */
export type PullAs =
  | { readonly kind: 'anonymous' }
  | { readonly kind: 'user'; readonly username: string; readonly password: string }
  /** As an identity that the host has, by its client id. */
  | { readonly kind: 'identity'; readonly clientId: string };

/** One container of a group. */
export interface GroupContainer {
  readonly name: string;
  readonly image: string;
  readonly pullAs: PullAs;
  readonly command: readonly string[];
  readonly environment: readonly (readonly [name: string, value: string])[];
}

/** When a container that ended is started again. */
export type RestartPolicy = 'Always' | 'OnFailure' | 'Never';

/** Where a host says how its containers stand. */
export const STATE_FOLDER = '/run/seawall';
/** Where what a container prints is kept. */
export const logOf = (container: string): string => `/var/log/containers/${container}.log`;

const PULL = '/usr/local/bin/seawall-pull';
const GROUP = '/usr/local/sbin/seawall-group';
/** Tokens that are good at registries alone (facts/acr.md §3.2). */
const AUDIENCE = 'https://containerregistry.azure.net';
/** The user name under which a refresh token is a password (facts/acr.md §3.2). */
const TOKEN_USER = '00000000-0000-0000-0000-000000000000';

/** Pulls an image with containerd, as the host's identity unless a user is given: what a node's kubelet does. */
const PULL_SCRIPT = `#!/bin/bash
# seawall-pull IMAGE: pulls with containerd. PULL_AS=anonymous, PULL_USER with PULL_PASSWORD, or the host's identity (PULL_CLIENT_ID).
set -euo pipefail
image=$1 server=\${1%%/*}
field() { sed -n 's/.*"'"$1"'": *"\\([^"]*\\)".*/\\1/p'; }
as=()
if [ -n "\${PULL_USER:-}" ]; then
  as=(--user "$PULL_USER:$PULL_PASSWORD")
elif [ "\${PULL_AS:-}" != anonymous ]; then
  id=()
  [ -z "\${PULL_CLIENT_ID:-}" ] || id=(--data-urlencode "client_id=$PULL_CLIENT_ID")
  token=$(curl -sS -H Metadata:true --get --data-urlencode resource=${AUDIENCE} -d api-version=2018-02-01 "\${id[@]}" \\
    http://169.254.169.254/metadata/identity/oauth2/token)
  access=$(field access_token <<<"$token")
  [ -n "$access" ] || { echo "no token of the host's identity: $token" >&2; exit 1; }
  exchanged=$(curl -sS -d grant_type=access_token -d "service=$server" --data-urlencode "access_token=$access" "https://$server/oauth2/exchange")
  refresh=$(field refresh_token <<<"$exchanged")
  [ -n "$refresh" ] || { echo "$server does not exchange the token of the host's identity: $exchanged" >&2; exit 1; }
  as=(--user "${TOKEN_USER}:$refresh")
fi
ctr --namespace k8s.io images pull "\${as[@]}" "$image" >/dev/null
ctr --namespace k8s.io images ls "name==$image"
`;

/** The file by which a host pulls. */
export const PULL_FILE: MachineFile = { path: PULL, mode: 0o755, owner: 'root', content: PULL_SCRIPT };

/** What a node runs, and what a group does. */
export const NODE_COMMAND = ['/usr/bin/containerd'] as const;
export const GROUP_COMMAND = [GROUP] as const;

/** The files of a container group: all its images are pulled before the first container starts. */
export function groupFiles(containers: readonly GroupContainer[], policy: RestartPolicy): readonly MachineFile[] {
  const pulls = containers.map(
    ({ image, pullAs }) => `pull ${quoted(image)} ${credentials(pullAs).map(quoted).join(' ')}`,
  );
  const runs = containers.map(
    ({ name, image, command, environment }) =>
      `run ${[name, image, String(environment.length), ...environment.map(([key, value]) => `${key}=${value}`), ...command].map(quoted).join(' ')} &`,
  );
  const content = `${GROUP_SCRIPT.replace('@POLICY@', policy)}${pulls.join('\n')}\ntouch ${STATE_FOLDER}/pulled\n${runs.join('\n')}\nwait\nexec sleep infinity\n`;
  // Passwords are in it.
  return [PULL_FILE, { path: GROUP, mode: 0o700, owner: 'root', content }];
}

function credentials(pullAs: PullAs): readonly string[] {
  switch (pullAs.kind) {
    case 'anonymous':
      return ['PULL_AS=anonymous'];
    case 'user':
      return [`PULL_USER=${pullAs.username}`, `PULL_PASSWORD=${pullAs.password}`];
    case 'identity':
      return [`PULL_CLIENT_ID=${pullAs.clientId}`];
  }
}

/** A word as a shell takes it. */
export function quoted(word: string): string {
  return `'${word.replaceAll("'", String.raw`'\''`)}'`;
}

/** A container's state is one line, replaced whole: its kind, restarts, start, end (ms) and exit code. */
const GROUP_SCRIPT = `#!/bin/bash
set -uo pipefail
policy=@POLICY@ state=${STATE_FOLDER}
rm -rf "$state"
mkdir -p "$state/of" /var/log/containers
/usr/bin/containerd >/var/log/containerd.log 2>&1 &
for _ in {1..300}; do ctr version >/dev/null 2>&1 && break; sleep 0.1; done
now() { date +%s%3N; }
say() { printf '%s\\n' "$2" >"$state/.$1"; mv "$state/.$1" "$state/of/$1"; }
pull() {
  local image=$1 said
  shift
  said=$(env "$@" ${PULL} "$image" 2>&1) && return
  printf '%s: %s\\n' "$image" "$said" >"$state/failed"
  exec sleep infinity
}
run() {
  local name=$1 image=$2 count=$3 restarts=0 start code
  local variables=() i
  shift 3
  for ((i = 0; i < count; i++)); do variables+=(--env "$1"); shift; done
  while :; do
    start=$(now)
    say "$name" "Running $restarts $start"
    ctr --namespace k8s.io run --rm --net-host "\${variables[@]}" "$image" "$name-$restarts" "$@" >>"/var/log/containers/$name.log" 2>&1
    code=$?
    say "$name" "Terminated $restarts $start $(now) $code"
    case $policy in
      Never) return ;;
      OnFailure) [ "$code" -ne 0 ] || return ;;
    esac
    sleep $((restarts < 5 ? restarts + 1 : 10))
    restarts=$((restarts + 1))
  done
}
`;
