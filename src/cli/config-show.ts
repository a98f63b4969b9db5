import { loadConfig } from '../config/load.ts';
import { type Origin, renderOrigin, renderProblem } from '../config/problem.ts';
import { type Form, SETTINGS, SETTING_KEYS, type Setting } from '../config/setting.ts';
import type { Sources } from '../config/sources.ts';
import { EXIT, type ExitCode } from './exit-code.ts';
import { print } from './print.ts';
import type { Terminal } from './terminal.ts';

const DEFAULT: Origin = { kind: 'default' };

/** What `config show` is asked. */
export interface ConfigShowOptions {
  readonly form: Form;
  readonly flags: Sources['flags'];
  readonly json: boolean;
}

/** `config show`: every setting as it would be, and where its value comes from. No setting is a secret (config/secrets.ts). */
export async function showConfig(terminal: Terminal, { form, flags, json }: ConfigShowOptions): Promise<ExitCode> {
  const loaded = await loadConfig(form, { flags, env: terminal.env });
  for (const warning of loaded.warnings) terminal.err(`seawall: ${warning}\n`);
  if (loaded.kind === 'refused') {
    for (const problem of loaded.problems) terminal.err(`seawall: ${renderProblem(problem)}\n`);
    return EXIT.config;
  }
  const origin = (key: string): string => renderOrigin(loaded.origins.get(key) ?? DEFAULT);
  const settings = SETTING_KEYS.map((key) => {
    const { kind }: Setting<unknown, unknown> = SETTINGS[key];
    const value = loaded.values[key];
    return { setting: key, value: value === undefined ? null : kind.show(value), origin: origin(key) };
  });
  const { registries } = loaded.config;
  const names = registries.map(({ name }) => name).join(' ');
  const rows = [
    ...settings,
    { setting: 'registries', value: names === '' ? null : names, origin: origin('registries') },
  ];
  const value = [...settings, { setting: 'registries', value: registries, origin: origin('registries') }];
  const heading = ['SETTING', 'VALUE', 'FROM'];
  print(terminal, { value, heading, rows: rows.map((row) => [row.setting, row.value ?? '-', row.origin]) }, json);
  return EXIT.ok;
}
