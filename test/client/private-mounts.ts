import { type Command, whereIs } from './process.ts';

/** A file or folder, and what a client shall find in its place. Both must exist. */
export interface Replacement {
  readonly place: string;
  readonly by: string;
}

/**
 * The command that runs `command` in a mount namespace of its own, where `replacements` hold: nothing of the machine is
 * changed, and the kernel undoes it when the last process has gone. Needs root.
 */
export function withMounts(replacements: readonly Replacement[], command: Command): Command {
  return ['unshare', '--mount', ...mounting(replacements, command)];
}

/**
 * Like {@link withMounts}, for a daemon: it and everything it starts live in a process namespace of their own, and the
 * kernel ends them all when this process ends, however it does.
 */
export function asDaemon(replacements: readonly Replacement[], command: Command): Command {
  const inside = ['--mount', '--pid', '--fork', '--kill-child', '--mount-proc', ...mounting(replacements, command)];
  return ['setpriv', '--pdeathsig', 'KILL', 'unshare', ...inside];
}

function mounting(replacements: readonly Replacement[], [tool, ...args]: Command): readonly string[] {
  const script = `while [ "$1" != -- ]; do mount --bind "$1" "$2" || exit 125; shift 2; done; shift; exec "$@"`;
  const pairs = replacements.flatMap(({ place, by }) => [by, place]);
  return ['sh', '-c', script, 'sh', ...pairs, '--', whereIs(tool) ?? tool, ...args];
}
