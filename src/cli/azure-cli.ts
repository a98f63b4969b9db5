import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { text } from 'node:stream/consumers';
import type { Terminal } from './terminal.ts';

/** What a command of `az` ended with. */
export interface AzEnded {
  readonly succeeded: boolean;
  /** What it said on its standard error. */
  readonly said: string;
}

/** Runs one command of `az`. That it is not installed is an end like another. */
export async function az(args: readonly string[], env: Terminal['env']): Promise<AzEnded> {
  const child = spawn('az', [...args, '--only-show-errors', '--output', 'none'], {
    env: { ...env },
    stdio: ['ignore', 'ignore', 'pipe'],
  });
  try {
    const [said, [code]] = await Promise.all([text(child.stderr), once(child, 'close')]);
    return { succeeded: code === 0, said: said.trim() };
  } catch (error) {
    return { succeeded: false, said: `az cannot be started (${String(error)}); install azure-cli first` };
  }
}

/** Runs commands of `az` one after another, and stops at the first that fails; answers why, `undefined` when none did. */
export async function azInTurn(
  commands: readonly (readonly string[])[],
  env: Terminal['env'],
): Promise<string | undefined> {
  for (const command of commands) {
    const { succeeded, said } = await az(command, env);
    // The next would go to another cloud, and a sign-in would take the secret there.
    if (!succeeded) return `az ${command.slice(0, 2).join(' ')} failed: ${said}`;
  }
  return undefined;
}
