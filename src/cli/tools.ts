import { SETTINGS } from '../config/setting.ts';
import { EXIT, type ExitCode } from './exit-code.ts';
import { renderTable } from './table.ts';
import type { Terminal } from './terminal.ts';

/** `lab doctor`: whether this machine can have a lab, and if not, what to do. */
export async function labDoctor(
  terminal: Terminal,
  options: { readonly publicPrefix?: string; readonly json?: boolean },
): Promise<ExitCode> {
  const { hostCapabilities, whyNoLab } = await import('../server/lab-tools.ts');
  const why = await whyNoLab(options.publicPrefix ?? SETTINGS.publicPrefix.defaults.up);
  const capabilities = hostCapabilities();
  if (options.json === true)
    terminal.out(`${JSON.stringify({ possible: why === undefined, why: why ?? null, capabilities }, null, 2)}\n`);
  else {
    terminal.out(why === undefined ? 'This machine can have a lab: seawall up --lab on\n' : `No lab here: ${why}\n`);
    terminal.out('\nHosts are no boundary for who is root in them. They keep these capabilities, and no others:\n\n');
    terminal.out(renderTable([['CAPABILITY', 'FOR'], ...Object.entries(capabilities)], (line) => line));
  }
  return why === undefined ? EXIT.ok : EXIT.unavailable;
}

/** `lab down`: takes away what a lab left, when no server is there to do so. */
export async function labDown(terminal: Terminal): Promise<ExitCode> {
  if (process.getuid?.() !== 0) {
    terminal.err('seawall: taking away networks needs root: sudo seawall lab down\n');
    return EXIT.denied;
  }
  const { removeLab } = await import('../server/lab-tools.ts');
  const count = await removeLab();
  terminal.out(`${count} namespaces of the lab were removed\n`);
  return EXIT.ok;
}
