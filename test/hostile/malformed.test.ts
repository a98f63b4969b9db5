import assert from 'node:assert/strict';
import { after, before, describe, it } from 'node:test';
import { startSeawall, type TestSeawall } from '../../src/testkit/start-seawall.ts';
import { head, headerOf, jsonOf, open, statusOf, untilEnded } from './raw.ts';

const MALFORMED = [
  ['two Host headers', 'GET /livez', { host: 'localhost', Host: 'other' }, '400', 'BadRequest'],
  ['a Host that is no name', 'GET /livez', { host: 'a b' }, '400', 'BadRequest'],
  ['a target of another host', 'GET http://other/livez', { host: 'localhost' }, '421', 'MisdirectedRequest'],
  ['a target that is no path', 'GET livez', { host: 'localhost' }, '400', 'BadRequest'],
  ['a header that breaks the parser', 'GET /livez', { host: 'localhost', 'x ': 'y' }, '400', 'BadRequest'],
  ['a head beyond 32 KiB', 'GET /livez', { host: 'localhost', x: 'y'.repeat(40_000) }, '431', 'RequestHeadersTooLarge'],
  ['an expectation', 'GET /livez', { host: 'localhost', expect: 'a miracle' }, '417', 'ExpectationFailed'],
  ['CONNECT', 'CONNECT other:443', { host: 'other:443' }, '405', 'MethodNotAllowed'],
] as const;

describe('a request that no plane sees', () => {
  let seawall: TestSeawall;
  before(async () => void (seawall = await startSeawall()));
  after(() => seawall.close());

  const ask = (port: number, line: string, headers: object): Promise<string> => {
    const socket = open({ port });
    const answer = untilEnded(socket);
    socket.write(head(line, { ...headers, connection: 'close' }));
    return answer;
  };

  for (const [what, line, headers, status, code] of MALFORMED)
    it(`for ${what} is refused in the form of Azure's management API there, in that of registries at a registry`, async () => {
      const [managed, registry] = [
        await ask(Number(new URL(seawall.control).port), line, headers),
        await ask(seawall.listenPort, line, headers),
      ];
      assert.equal(statusOf(managed), status);
      const { error } = jsonOf(managed) as { readonly error: { readonly code: string; readonly message: string } };
      assert.equal(error.code, code);
      assert.notEqual(error.message, '');
      assert.equal(headerOf(managed, 'content-type'), 'application/json');
      assert.equal(statusOf(registry), status);
      const { errors } = jsonOf(registry) as { readonly errors: readonly { readonly code: string }[] };
      assert.equal(errors[0]?.code, 'UNSUPPORTED');
    });
});
