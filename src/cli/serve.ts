import { flushCompileCache } from 'node:module';
import type { Config } from '../config/config.ts';
import { loadConfig } from '../config/load.ts';
import { renderProblem } from '../config/problem.ts';
import type { Form } from '../config/setting.ts';
import type { Sources } from '../config/sources.ts';
import { banner } from './banner.ts';
import { EXIT, type ExitCode } from './exit-code.ts';
import type { RunningServer } from './ready.ts';
import { stopRequests } from './stop.ts';
import type { Terminal } from './terminal.ts';

/** Runs a server until it is told to stop: the commands `up` and `serve`. */
export async function runServer(form: Form, flags: Sources['flags'], terminal: Terminal): Promise<ExitCode> {
  const loaded = await loadConfig(form, { flags, env: terminal.env });
  for (const warning of loaded.warnings) terminal.err(`seawall: ${warning}\n`);
  if (loaded.kind === 'refused') {
    for (const problem of loaded.problems) terminal.err(`seawall: ${renderProblem(problem)}\n`);
    return EXIT.config;
  }
  using stop = stopRequests(process, () => performance.now());
  const running = await start(loaded.config, form).catch((error: unknown) => startFailure(error, terminal));
  if (typeof running === 'number') return running;
  terminal.out(banner(running.ready, terminal.bold));
  // Kept now rather than at the end, which a killed process does not reach.
  flushCompileCache();
  await stop.first;
  await Promise.race([running.close(), stop.second]);
  return EXIT.ok;
}

/** Loaded here and not above, so that the other commands start without the server's code. */
async function start(config: Config, form: Form): Promise<RunningServer> {
  const { startServer } = await import('../server/start.ts');
  return startServer(config, form);
}

/** Faults of the surroundings, by the code that the system gives them. */
const START_FAILURES: Readonly<Record<string, ExitCode>> = {
  EADDRINUSE: EXIT.unavailable,
  EADDRNOTAVAIL: EXIT.config,
  EACCES: EXIT.denied,
  EPERM: EXIT.denied,
  EROFS: EXIT.denied,
  ENOENT: EXIT.config,
  ENOTDIR: EXIT.config,
  ENOTFOUND: EXIT.config,
};

/** Says why a server could not start; what is a fault of the program is thrown. */
function startFailure(error: unknown, terminal: Terminal): ExitCode {
  const code = error instanceof Error && 'code' in error ? String(error.code) : '';
  const exit = START_FAILURES[code];
  if (!(error instanceof Error) || exit === undefined) throw error;
  const advice = code === 'EADDRINUSE' ? '; choose another port with --registry or --control' : '';
  terminal.err(`seawall: cannot start: ${error.message}${advice}\n`);
  return exit;
}
