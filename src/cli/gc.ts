import { EXIT, type ExitCode } from './exit-code.ts';
import { failed, type MaintenanceOptions, numberAt, printCounts, runTask } from './maintenance.ts';
import type { Terminal } from './terminal.ts';

/** `gc`: one pass of the garbage collection of a running server, or what one would do. */
export async function collectGarbage(
  terminal: Terminal,
  options: MaintenanceOptions & { readonly dryRun?: boolean },
): Promise<ExitCode> {
  const { dryRun = false, json = false } = options;
  const outcome = await runTask(terminal, options, {
    kind: 'gc',
    body: { dryRun },
    progress: (report) => `${numberAt(report, 'links').toLocaleString('en')} links looked at`,
  });
  if (outcome.kind === 'failed') return failed(terminal, outcome);
  printCounts(terminal, outcome.value, { rows: dryRun ? REHEARSED : DONE, json });
  return EXIT.ok;
}

const DONE = [
  ['links looked at', 'links'],
  ['left alone: a push holds them', 'held'],
  ['condemned, and removed by the next pass', 'condemned', 'condemnedBytes'],
  ['removed, condemned by the pass before', 'unlinked', 'unlinkedBytes'],
  ['erased registries that are gone', 'registries', 'registriesBytes'],
  ['freed', 'unlinked', 'freedBytes'],
] as const;

const REHEARSED = [
  ['links looked at', 'links'],
  ['would be left alone: a push holds them', 'held'],
  ['would be condemned', 'condemned', 'condemnedBytes'],
  ['would be removed', 'unlinked', 'unlinkedBytes'],
  ['registries that are gone, whose content would be erased', 'registries', 'registriesBytes'],
] as const;
