import { flushCompileCache } from 'node:module';
import type { Config } from '../config/config.ts';
import { loadConfig } from '../config/load.ts';
import { renderProblem } from '../config/problem.ts';
import type { Form } from '../config/setting.ts';
import type { Sources } from '../config/sources.ts';
import type { RunningServer } from '../server/ready.ts';
import { banner } from './banner.ts';
import { EXIT, type ExitCode } from './exit-code.ts';
import { startFailure } from './start-failure.ts';
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
  const running = await start(loaded.config, terminal);
  if (typeof running === 'number') return running;
  terminal.out(banner(running.ready, terminal.bold));
  // Kept now rather than at the end, which a killed process does not reach.
  flushCompileCache();
  await stop.first;
  const hurried = await Promise.race([running.close(), stop.second]);
  // What still drains would keep the process: somebody does not want to wait for it.
  if (hurried !== undefined) process.exit(EXIT.ok);
  return EXIT.ok;
}

/** Loaded here and not above, so that the other commands start without the server's code. */
async function start(config: Config, terminal: Terminal): Promise<RunningServer | ExitCode> {
  const [{ startServer }, { StartRefusedError }] = await Promise.all([
    import('../server/start.ts'),
    import('../server/ready.ts'),
  ]);
  const onFatal = (error: unknown): void => {
    terminal.err(`seawall: ends, as what is on the disk is in doubt: ${String(error)}\n`);
    process.exit(EXIT.failed);
  };
  try {
    const sudo = { uid: terminal.env['SUDO_UID'], gid: terminal.env['SUDO_GID'] };
    return await startServer(config, { onFatal, ofProcess: true, sudo });
  } catch (error) {
    const refused = error instanceof StartRefusedError ? { exit: EXIT.config, advice: '' } : undefined;
    const failure = refused ?? startFailure(error, config.dataDir);
    if (!(error instanceof Error) || failure === undefined) throw error;
    terminal.err(`seawall: cannot start: ${error.message}${failure.advice}\n`);
    return failure.exit;
  }
}
