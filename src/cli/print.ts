import { renderTable } from './table.ts';
import type { Terminal } from './terminal.ts';

/** Data to print: as JSON it is `value`, for a person a table with a heading. */
export interface Printed {
  readonly value: unknown;
  readonly heading: readonly string[];
  readonly rows: readonly (readonly string[])[];
}

/** Prints data as a table, or as JSON. */
export function print(terminal: Terminal, printed: Printed, json: boolean): void {
  if (json) terminal.out(`${JSON.stringify(printed.value, null, 2)}\n`);
  else terminal.out(renderTable([printed.heading, ...printed.rows], terminal.bold));
}
