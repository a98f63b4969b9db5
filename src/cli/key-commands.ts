import { Argument, type Command } from 'commander';
import type { ExitCode } from './exit-code.ts';
import type { Terminal } from './terminal.ts';

/** The commands that replace keys of a running server. */
export function addKeys(program: Command, terminal: Terminal, end: (code: ExitCode) => void): void {
  const keys = program
    .command('keys')
    .description('Keys and certificates of a running server, replaced while it serves.')
    .helpCommand(false);
  const sub = (name: string, about: string, example: string): Command =>
    keys
      .command(name)
      .description(about)
      .option('--data <PATH>', 'Data directory of the running server. (default: ./data) (env: SEAWALL_DATA)')
      .option('--json', 'Print JSON.')
      .addHelpText('after', `\nExample:\n  ${example}`);
  sub('list', 'List the keys that sign tokens, and the certificates.', 'seawall keys list').action(async (options) => {
    const { listKeys } = await import('./keys.ts');
    end(await listKeys(terminal, options));
  });
  sub(
    'rotate',
    'Replace one kind of key; nobody has to sign in anew, and nothing is cut. An authority is replaced in two steps.',
    'seawall keys rotate signing',
  )
    .addArgument(new Argument('<KIND>', 'Which one.').choices(['signing', 'secret-box', 'certificate', 'authority']))
    .action(async (kind: string, options) => {
      const { rotateKeys } = await import('./keys.ts');
      end(await rotateKeys(terminal, kind, options));
    });
}
