import { ask, field, listAt, textAt } from './control.ts';
import { EXIT, type ExitCode } from './exit-code.ts';
import { print } from './print.ts';
import { dataOf } from './data-of.ts';
import type { PrincipalOptions } from './principal.ts';
import type { Terminal } from './terminal.ts';

/** `explain`: what would happen to a request from there, and why. */
export async function explainAccess(
  terminal: Terminal,
  options: PrincipalOptions & { readonly registry: string; readonly from: string; readonly proposed?: string },
): Promise<ExitCode> {
  const { registry, from } = options;
  const proposed = options.proposed === undefined ? undefined : parse(options.proposed);
  if (proposed === null) {
    terminal.err(`seawall: --proposed is no JSON object, such as {"networkRuleSet":{"defaultAction":"Deny"}}\n`);
    return EXIT.usage;
  }
  const body = { registry, from, ...(proposed === undefined ? {} : { proposed }) };
  const outcome = await ask(dataOf(terminal, options), terminal.env, () => ({
    method: 'POST',
    path: '/seawall/explain',
    body,
  }));
  if (outcome.kind === 'failed') {
    terminal.err(`seawall: ${outcome.why}\n`);
    return outcome.exit;
  }
  show(terminal, outcome.value, options.json ?? false);
  return EXIT.ok;
}

/** The object in a text; `null` where it is none. */
function parse(text: string): object | null {
  try {
    const value: unknown = JSON.parse(text);
    return typeof value === 'object' ? value : null;
  } catch {
    return null;
  }
}

function show(terminal: Terminal, value: unknown, json: boolean): void {
  const steps = listAt(value, 'steps').map((step) => [textAt(step, 'asked'), textAt(step, 'answer')]);
  print(terminal, { value, heading: ['ASKED', 'ANSWER'], rows: steps }, json);
  if (json) return;
  const miss = textAt(value, 'nearestMiss');
  if (miss !== '') terminal.out(`\nnearest miss: ${miss}\n`);
  const mend = listAt(value, 'mend').filter((one) => typeof one === 'string');
  if (mend.length > 0) terminal.out(`\nto let it in:\n${mend.map((one) => `  ${one}\n`).join('')}`);
}

/** `denials`: who was refused, the newest first. */
export async function listDenials(
  terminal: Terminal,
  options: PrincipalOptions & {
    readonly registry?: string;
    readonly address?: string;
    readonly reason?: string;
    readonly most: string;
  },
): Promise<ExitCode> {
  const { registry, address, reason, most } = options;
  const given = Object.entries({ registry, address, reason, most }).filter(
    (one): one is [string, string] => one[1] !== undefined,
  );
  const outcome = await ask(dataOf(terminal, options), terminal.env, () => ({
    method: 'GET',
    path: `/seawall/denials?${new URLSearchParams(given).toString()}`,
  }));
  if (outcome.kind === 'failed') {
    terminal.err(`seawall: ${outcome.why}\n`);
    return outcome.exit;
  }
  const heading = ['TIME', 'REGISTRY', 'ADDRESS', 'REASON', 'GENERATION', 'REQUEST', 'BY', 'USER AGENT'];
  const rows = listAt(outcome.value, 'value').map((one) => [
    new Date(Number(field(one, 'atMs'))).toISOString(),
    ...['registry', 'address', 'reason', 'generation'].map((name) => textAt(one, name)),
    `${textAt(one, 'method')} ${textAt(one, 'path')}`,
    textAt(one, 'by'),
    textAt(one, 'userAgent'),
  ]);
  print(terminal, { value: outcome.value, heading, rows }, options.json ?? false);
  const dropped = Number(field(outcome.value, 'dropped'));
  if (dropped > 0) terminal.err(`seawall: ${dropped} older ones have given way\n`);
  return EXIT.ok;
}
