import { readFile } from 'node:fs/promises';

/** The outcome of reading a configuration file. */
export type ReadFile =
  | { readonly kind: 'file'; readonly values: ReadonlyMap<string, unknown> }
  | { readonly kind: 'refused'; readonly why: string };

/** Reads a configuration file: one JSON object, whose keys are settings. */
export async function readConfigFile(path: string): Promise<ReadFile> {
  const text = await readFile(path, 'utf8').catch((error: Error) => error);
  if (typeof text !== 'string') return { kind: 'refused', why: `cannot be read: ${text.message}` };
  return parseConfigFile(text);
}

/** Reads the text of a configuration file. */
function parseConfigFile(text: string): ReadFile {
  const value = parseJson(text);
  if (value instanceof SyntaxError) return { kind: 'refused', why: `is not JSON: ${value.message}` };
  if (typeof value !== 'object' || value === null || Array.isArray(value))
    return { kind: 'refused', why: 'must be one JSON object whose keys are settings' };
  return { kind: 'file', values: new Map(Object.entries(value)) };
}

function parseJson(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch (error) {
    return error instanceof SyntaxError ? error : new SyntaxError(String(error));
  }
}
