// Looks for the secrets of a run of the tests in all of its logs. Parses on Node 20.
import { existsSync, readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';

/** How many of the last bytes of a secret are compared at each place before the rest is. */
const KEY_BYTES = 8;
const FILTER_BITS = 20;

/** What was found of a run: how much was sought in how much, and each secret that is in a log. */
export function findLeaks(folder) {
  const secrets = secretsOf(join(folder, 'secrets.jsonl'));
  const sought = index(secrets);
  const files = readdirSync(folder).filter((name) => name.endsWith('.log'));
  let bytes = 0;
  const found = [];
  for (const file of files) {
    const log = readFileSync(join(folder, file));
    bytes += log.length;
    for (const { at, form } of matches(log, sought)) found.push({ ...form.secret, file, line: lineAt(log, at) });
  }
  return { secrets: secrets.length, files: files.length, bytes, found };
}

/** Every secret once, though more than one process may have noted it. */
function secretsOf(file) {
  if (!existsSync(file)) return [];
  const noted = readFileSync(file, 'utf8')
    .trimEnd()
    .split('\n')
    .map((line) => JSON.parse(line));
  return [...new Map(noted.map((one) => [one.secret, one])).values()];
}

/** A secret as it is, and as it may have been written elsewhere. */
function formsOf({ secret }) {
  const bytes = Buffer.from(secret);
  const base64 = bytes.toString('base64').replace(/=+$/, '');
  return [...new Set([secret, base64, bytes.toString('base64url'), bytes.toString('hex'), encodeURIComponent(secret)])];
}

/** The forms of all secrets by the hash of their last bytes, which differ where the first ones of all tokens are the same. */
function index(secrets) {
  const byKey = new Map();
  for (const secret of secrets)
    for (const text of formsOf(secret)) {
      const bytes = Buffer.from(text);
      const key = keyAt(bytes, bytes.length - KEY_BYTES);
      byKey.set(key, [...(byKey.get(key) ?? []), { bytes, secret }]);
    }
  const filter = new Uint8Array(1 << FILTER_BITS);
  for (const key of byKey.keys()) filter[key] = 1;
  return { byKey, filter };
}

function keyAt(bytes, at) {
  return (
    (Math.imul(bytes.readUInt32LE(at), 0x9e3779b1) ^ Math.imul(bytes.readUInt32LE(at + 4), 0x85ebca77)) >>>
    (32 - FILTER_BITS)
  );
}

function* matches(log, { byKey, filter }) {
  for (let at = 0; at <= log.length - KEY_BYTES; at += 1) {
    const key = keyAt(log, at);
    if (filter[key] === 0) continue;
    for (const form of byKey.get(key)) {
      const start = at + KEY_BYTES - form.bytes.length;
      if (start >= 0 && log.compare(form.bytes, 0, form.bytes.length, start, at + KEY_BYTES) === 0)
        yield { at: start, form };
    }
  }
}

function lineAt(log, at) {
  let line = 1;
  for (let i = log.indexOf(10); i !== -1 && i < at; i = log.indexOf(10, i + 1)) line += 1;
  return line;
}
