import assert from 'node:assert/strict';
import { closeSync, mkdtempSync, openSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { describe, it } from 'node:test';
import { DescriptorWriter } from './line-writer.ts';
import { type Log, type LogOptions, createLog } from './log.ts';

const NOW = Date.UTC(2026, 0, 2, 3, 4, 5, 6);

/** A log to a real file; answers what was written. */
async function written(options: Partial<LogOptions>, use: (log: Log) => void | Promise<void>): Promise<string> {
  const directory = mkdtempSync(join(tmpdir(), 'seawall-log-'));
  const descriptor = openSync(join(directory, 'log'), 'w');
  try {
    const writer = new DescriptorWriter(descriptor);
    const log = createLog({ format: 'text', level: 'info', access: true, writer, now: () => NOW, ...options });
    await use(log);
    await log.flush();
    return readFileSync(join(directory, 'log'), 'utf8');
  } finally {
    closeSync(descriptor);
    rmSync(directory, { recursive: true });
  }
}

const ENTRY = {
  correlationId: 'c-1',
  listener: 'registry',
  remoteAddress: '127.0.0.1',
  host: 'myregistry.azurecr.localhost',
  method: 'GET',
  path: '/v2/',
  route: 'end-1',
  status: 401,
  refusal: 'UNAUTHORIZED',
  receivedBytes: 0,
  sentBytes: 12,
  durationMs: 1,
};

describe('a log line', () => {
  it('in text has time, level, event and fields', async () => {
    const text = await written({}, (log) => log.event({ event: 'uploads-expired', count: 2 }));
    assert.equal(text, '2026-01-02T03:04:05.006Z INFO  uploads-expired count=2\n');
  });

  it('in JSON is one object', async () => {
    const text = await written({ format: 'json' }, (log) => log.access(() => ENTRY));
    assert.deepEqual(JSON.parse(text), { time: '2026-01-02T03:04:05.006Z', level: 'info', event: 'access', ...ENTRY });
  });

  it('stays one line whatever a client sends', async () => {
    const path = '/v2/\n2026 INFO forged';
    const text = await written({}, (log) => log.access(() => ({ ...ENTRY, path })));
    assert.equal(text.trimEnd().split('\n').length, 1);
    assert.match(text, /path="\/v2\/\\n2026 INFO forged"/);
  });

  it('of an error has its name, message and stack in JSON', async () => {
    const error = new RangeError('too far');
    const text = await written({ format: 'json' }, (log) => log.event({ event: 'task-failed', task: 'sweep', error }));
    const parsed: unknown = JSON.parse(text);
    assert.ok(typeof parsed === 'object' && parsed !== null && 'error' in parsed);
    assert.deepEqual(parsed.error, { name: 'RangeError', message: 'too far', stack: error.stack });
  });

  it('below the least level is not written, at it is', async () => {
    const text = await written({ level: 'warn' }, (log) => {
      log.event({ event: 'uploads-expired', count: 1 });
      log.event({ event: 'config-warning', warning: 'w' });
    });
    assert.match(text, /^\S+ WARN {2}config-warning warning=w\n$/);
  });

  it('of a request is not written where the access log is off', async () => {
    assert.equal(await written({ access: false }, (log) => log.access(() => ENTRY)), '');
  });
});

describe('the writer', () => {
  it('keeps the order of many lines', async () => {
    const text = await written({}, (log) => {
      for (let count = 0; count < 5000; count += 1) log.event({ event: 'uploads-expired', count });
    });
    const counts = text
      .trimEnd()
      .split('\n')
      .map((line) => Number(/count=(\d+)/.exec(line)?.[1]));
    assert.deepEqual(
      counts,
      Array.from({ length: 5000 }, (_, i) => i),
    );
  });

  it('drops what nobody reads beyond 8 MiB, and says how many lines', async () => {
    const text = await written({}, async (log) => {
      const warning = 'x'.repeat(1024 * 1024);
      for (let i = 0; i < 10; i += 1) log.event({ event: 'config-warning', warning });
      await log.flush();
      log.event({ event: 'uploads-expired', count: 0 });
    });
    const told = [...text.matchAll(/ WARN {2}lines-dropped count=(\d+)\n/g)].map((match) => Number(match[1]));
    assert.equal(
      told.reduce((sum, count) => sum + count, 0),
      3,
    );
    assert.equal(text.endsWith('uploads-expired count=0\n'), true);
  });

  it('writes what waits at once at the end of the process', async () => {
    const text = await written({}, (log) => {
      log.event({ event: 'uploads-expired', count: 7 });
      log.flushSync();
    });
    assert.match(text, /count=7\n$/);
    assert.equal(text.split('count=7').length, 2);
  });
});
