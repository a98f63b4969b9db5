import type { Command } from 'commander';
import type { ExitCode } from './exit-code.ts';
import type { Terminal } from './terminal.ts';

type End = (code: ExitCode) => void;

const DATA = ['--data <PATH>', 'Data directory of the running server. (default: ./data) (env: SEAWALL_DATA)'] as const;

/** The commands that look after what is kept: `gc`, `verify`, `backup` and `restore`. */
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
  program
    .command('verify')
    .description('Hash everything that is kept, while the server serves or when none runs; set aside what is damaged.')
    .option('--rate <BYTES>', 'Read at most so many bytes a second; as fast as can be when left out.', Number)
    .option(...DATA)
    .option('--json', 'Print JSON.')
    .addHelpText('after', '\nExample:\n  seawall verify --rate 50000000')
    .action(async (options: { readonly rate?: number; readonly data?: string; readonly json?: boolean }) => {
      const { verify } = await import('./verify.ts');
      end(await verify(terminal, options));
    });
  addBackup(program, terminal, end);
}

function addBackup(program: Command, terminal: Terminal, end: End): void {
  program
    .command('backup')
    .description('Back up everything that is kept, while the server serves or when none runs.')
    .argument('<FOLDER>', 'A folder that is new or empty, on the machine of the server.')
    .option('--copy', 'Copy every blob, where a second name on the same volume would do.')
    .option(...DATA)
    .option('--json', 'Print JSON.')
    .addHelpText('after', '\nExample:\n  seawall backup /var/backups/seawall/monday')
    .action(async (folder: string, options: BackupFlags) => {
      const { backUp } = await import('./backup.ts');
      end(await backUp(terminal, folder, options));
    });
  program
    .command('restore')
    .description('Put a backup in the place of a data directory that no server uses.')
    .argument('<FOLDER>', 'A folder that "seawall backup" made.')
    .option('--replace', 'Set aside what is in the data directory; nothing is deleted.')
    .option('--copy', 'Copy every blob, where a second name on the same volume would do.')
    .option('--data <PATH>', 'Data directory. (default: ./data) (env: SEAWALL_DATA)')
    .option('--json', 'Print JSON.')
    .addHelpText('after', '\nExample:\n  seawall restore /var/backups/seawall/monday --replace')
    .action(async (folder: string, options: BackupFlags & { readonly replace?: boolean }) => {
      const { restore } = await import('./offline.ts');
      end(await restore(terminal, folder, options));
    });
}

/** What `backup` and `restore` are given beside a folder. */
interface BackupFlags {
  readonly copy?: boolean;
  readonly data?: string;
  readonly json?: boolean;
}
