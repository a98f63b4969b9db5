import type { Expected } from './table.ts';

/** What texts of the table are filled with: the login server with its port, and a header value that signs in. */
export interface Target {
  readonly host: string;
  readonly authorization: string;
}

/** A text of the table for one login server. */
export function filled(text: string, { host, authorization }: Target): string {
  const [name = host] = host.split(':');
  return text
    .replaceAll('NAME_UPPER', name.toUpperCase())
    .replaceAll(/\bHOST\b/g, host)
    .replaceAll('NAME', name)
    .replaceAll('ADMIN', authorization);
}

/** What a connection came to, by everything it sent: the status of its first answer, or `cut`. */
export function outcomeOf(answer: string): string {
  return /^HTTP\/1\.1 (\d+)/.exec(answer)?.[1] ?? 'cut';
}

/** Why an answer is not what it must be; `undefined` when it is. */
export function failing(answer: string, { is, isNot, lacks, has }: Expected): string | undefined {
  const outcome = outcomeOf(answer);
  if (is !== undefined && !is.includes(outcome)) return `${outcome}, must be ${is.join(' or ')}`;
  if (isNot !== undefined && outcome === isNot) return `${outcome}, must be another`;
  if (lacks !== undefined && answer.includes(lacks)) return `${outcome} with ${lacks}, which must not be told`;
  if (has !== undefined && !answer.includes(has)) return `${outcome} without ${has}, which must be told`;
  return undefined;
}
