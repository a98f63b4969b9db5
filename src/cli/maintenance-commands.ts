import type { Command } from 'commander';
import type { ExitCode } from './exit-code.ts';
import type { Terminal } from './terminal.ts';

type End = (code: ExitCode) => void;

const DATA = ['--data <PATH>', 'Data directory of the running server. (default: ./data) (env: SEAWALL_DATA)'] as const;

/** The commands that look after what is kept: `gc`. */
export function addMaintenance(program: Command, terminal: Terminal, end: End): void {
  program
    .command('gc')
    .description('Collect garbage: blobs that no manifest names go in two passes, while the server serves.')
    .option('--dry-run', 'Only say what a pass would do.')
    .option(...DATA)
    .option('--json', 'Print JSON.')
    .addHelpText('after', '\nExample:\n  seawall gc --dry-run')
    .action(async (options: { readonly dryRun?: boolean; readonly data?: string; readonly json?: boolean }) => {
      const { collectGarbage } = await import('./gc.ts');
      end(await collectGarbage(terminal, options));
    });
}
