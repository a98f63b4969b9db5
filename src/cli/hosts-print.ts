import { connectableHost } from '../config/address.ts';
import { loadConfig } from '../config/load.ts';
import { loginHosts } from '../config/login-host.ts';
import { renderProblem } from '../config/problem.ts';
import type { Sources } from '../config/sources.ts';
import { EXIT, type ExitCode } from './exit-code.ts';
import type { Terminal } from './terminal.ts';

/** `hosts print`: the lines that make the names of the registries known to this machine. */
export async function printHosts(
  terminal: Terminal,
  { flags, json }: { readonly flags: Sources['flags']; readonly json: boolean },
): Promise<ExitCode> {
  const loaded = await loadConfig('up', { flags, env: terminal.env });
  if (loaded.kind === 'refused') {
    for (const problem of loaded.problems) terminal.err(`seawall: ${renderProblem(problem)}\n`);
    return EXIT.config;
  }
  const address = connectableHost(loaded.config.registry.host);
  const lines = loginHosts(loaded.config).map((name) => ({ address, name }));
  if (json) terminal.out(`${JSON.stringify(lines, null, 2)}\n`);
  else for (const { name } of lines) terminal.out(`${address} ${name}\n`);
  return EXIT.ok;
}
