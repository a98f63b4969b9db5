/**
 * `npm run fault [-- --kills N] [--states N] [--seed N]`: kills a real server again and again under load, then cuts its
 * power at many moments, and says what came of it. Ends with 1 at the first thing that was acknowledged and lost.
 */
import { COUNT, newSeed, type Runner, runWith } from '../runner-options.ts';
import { type KillReport, killRun } from './kill.ts';
import { type PowerReport, powerRun } from './power.ts';

const RUNNER: Runner<'kills' | 'states' | 'seed'> = {
  name: 'fault',
  what: `Kills a real server again and again under pushes, deletes, collections, rule changes, backups and restores, then
cuts its power at many moments. Ends with 1 at the first thing that was acknowledged and lost.`,
  options: {
    kills: { value: 'N', what: 'Kills; 0 for none.', byDefault: '20', accepts: COUNT },
    states: { value: 'N', what: 'Power failures; 0 for none.', byDefault: '20', accepts: COUNT },
    seed: { value: 'N', what: 'Chooses changes and moments; another one each time when left out.', accepts: COUNT },
  },
  examples: ['--kills 1000 --states 0 --seed 20261125', '--kills 0 --states 1000'],
};
/** How often it is told how far a run has come, in ms. */
const TOLD_MS = 2_000;

await runWith(RUNNER, async ({ kills = '', states = '', seed = newSeed() }) => {
  console.error(`fault: again with: npm run fault -- --kills ${kills} --states ${states} --seed ${seed}`);
  if (Number(kills) > 0) {
    const report = await killRun({ seed: Number(seed), kills: Number(kills), progress: teller(killText) });
    console.log(JSON.stringify({ kill: report }));
    console.error(`fault: ${killText(report)}; seed ${seed}`);
  }
  if (Number(states) > 0) {
    const report = await powerRun({ seed: Number(seed), states: Number(states), progress: teller(powerText) });
    console.log(JSON.stringify({ power: report }));
    console.error(`fault: ${powerText(report)}; seed ${seed}`);
  }
});

function killText(report: KillReport): string {
  const { kills, whileStarting, failing, refused, acknowledged, backups, backupsCut, restores, restoresCut } = report;
  const kept = `${backups} backups (${backupsCut} cut), ${restores} restores (${restoresCut} cut)`;
  const starts = `${failing} starts on a failing disk (${refused} refused)`;
  return `${kills} kills (${whileStarting} of starts), ${starts}, ${acknowledged} changes acknowledged, ${kept}, 0 lost`;
}

function powerText({ states, lossy, repeated, records, windows, windowsCut, acknowledged }: PowerReport): string {
  const made = `${lossy} with something unsynced, ${repeated} repeated and left alone`;
  const cut = windows === 0 ? '' : ` in ${windowsCut} of ${windows} times between syncs`;
  return `${states} power failures (${made})${cut} of ${records} records, ${acknowledged} changes acknowledged, 0 lost`;
}

/** Tells how far a run has come, not more often than anybody reads. */
function teller<Report>(text: (report: Report) => string): (report: Report) => void {
  const startedMs = performance.now();
  let toldMs = startedMs;
  return (report) => {
    const nowMs = performance.now();
    if (nowMs - toldMs < TOLD_MS) return;
    toldMs = nowMs;
    console.error(`fault: ${((nowMs - startedMs) / 1_000).toFixed(0).padStart(5)} s  ${text(report)}`);
  };
}
