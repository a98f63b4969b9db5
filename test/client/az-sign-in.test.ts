import assert from 'node:assert/strict';
import { spawn } from 'node:child_process';
import { join } from 'node:path';
import { describe, it } from 'node:test';
import { askControl, ownerToken } from '../../src/testkit/control-client.ts';
import { startSeawall, type TestSeawall } from '../../src/testkit/start-seawall.ts';
import { armOf } from '../management/arm.ts';
import { AZ_CLIENTS } from './az.ts';
import { type Ended, run } from './process.ts';

const MAIN = join(import.meta.dirname, '..', '..', 'src', 'main.ts');
type Variables = Readonly<Record<string, string>>;

async function environment(seawall: TestSeawall, az: string): Promise<Variables> {
  const path = { PATH: az };
  const ended = await run([process.execPath, MAIN, 'env', '--json', '--data', seawall.dataDir], { env: path });
  assert.equal(ended.code, 0, ended.stderr);
  const variables: Variables = JSON.parse(ended.stdout);
  return { ...variables, ...path };
}

/** Makes alice, with the role Reader; answers her password. */
async function makeAlice(seawall: TestSeawall): Promise<string> {
  const create = [process.execPath, MAIN, 'principal', 'create', 'alice@example.com', '--user'] as const;
  const ended = await run([...create, '--role', 'Reader', '--json', '--data', seawall.dataDir]);
  assert.equal(ended.code, 0, ended.stderr);
  return (JSON.parse(ended.stdout) as { readonly secret: string }).secret;
}

function nameIn({ code, stdout, stderr }: Ended): string {
  assert.equal(code, 0, stderr);
  return stdout.trim();
}

/** Runs `az login --use-device-code`, and signs in on the page as soon as az shows the code. */
async function deviceLogin(seawall: TestSeawall, env: Variables, password: string): Promise<number> {
  const args = ['login', '--use-device-code', '--tenant', 'adfs'];
  const child = spawn('az', args, { env: { ...process.env, ...env }, stdio: ['ignore', 'ignore', 'pipe'] });
  const ended = new Promise<number>((resolve) => child.on('close', (code) => resolve(code ?? 128)));
  let said = '';
  for await (const chunk of child.stderr.setEncoding('utf8')) {
    said += String(chunk);
    const code = /code ([A-Z]{9})/.exec(said)?.[1];
    if (code === undefined) continue;
    said = '';
    const form = new URLSearchParams({ user_code: code, username: 'alice@example.com', password });
    const headers = { 'content-type': 'application/x-www-form-urlencoded' };
    const answer = await askControl(seawall, 'POST', '/device', { body: form.toString(), headers });
    assert.equal(answer.status, 200, answer.text);
  }
  return ended;
}

describe('signing in', () => {
  for (const { name: client, find } of AZ_CLIENTS) {
    it(`as a person by password and by a code works with ${client}, and ends with the password`, async (t) => {
      const az = await find();
      if (az.kind === 'missing') return t.skip(az.why);
      await using seawall = await startSeawall();
      const password = await makeAlice(seawall);
      const env = await environment(seawall, az.path);
      const login = (secret: string): Promise<Ended> =>
        run(['az', 'login', '-u', 'alice@example.com', '-p', secret, '--tenant', 'adfs'], { env });
      assert.match((await login('wrong')).stderr, /AADSTS50126/);
      assert.equal((await login(password)).code, 0);
      const who = ['az', 'account', 'show', '--query', 'user.name', '-o', 'tsv'] as const;
      assert.equal(nameIn(await run(who, { env })), 'alice@example.com');
      assert.equal((await run(['az', 'group', 'list'], { env })).code, 0);
      assert.match(
        (await run(['az', 'group', 'create', '-n', 'g', '-l', 'westeurope'], { env })).stderr,
        /AuthorizationFailed/,
      );
      assert.equal((await run(['az', 'logout'], { env })).code, 0);
      assert.equal(await deviceLogin(seawall, env, password), 0);
      assert.equal(nameIn(await run(who, { env })), 'alice@example.com');
      const arm = await armOf(seawall);
      await arm.must('POST', '/seawall/principals/alice@example.com/rotate', {}, { apiVersion: '' });
      assert.notEqual((await run(['az', 'group', 'list'], { env })).code, 0);
    });

    it(`as an application by what another issuer says works with ${client}`, async (t) => {
      const az = await find();
      if (az.kind === 'missing') return t.skip(az.why);
      // Another server is the issuer: it signs tokens and publishes its keys, as a CI system does.
      await using issuer = await startSeawall();
      await using seawall = await startSeawall({ settings: { outboundAllow: '127.0.0.1', outboundCa: issuer.ca } });
      const token = await ownerToken(issuer);
      const { iss, sub, aud } = JSON.parse(Buffer.from(token.split('.')[1] ?? '', 'base64url').toString()) as Variables;
      const arm = await armOf(seawall);
      const made = await arm.must('POST', '/seawall/principals', { displayName: 'ci' }, { apiVersion: '' });
      const federate = [process.execPath, MAIN, 'principal', 'federate', String(made['clientId'])] as const;
      const says = ['--issuer', iss ?? '', '--subject', sub ?? '', '--audience', aud ?? '', '--data', seawall.dataDir];
      assert.equal((await run([...federate, ...says])).code, 0);
      const env = await environment(seawall, az.path);
      const login = ['az', 'login', '--service-principal', '-u', String(made['clientId']), '--tenant', 'adfs'] as const;
      const more = ['--allow-no-subscriptions', '--federated-token'] as const;
      // In this order: the newest az keeps tokens of an application, whatever it shows the next time.
      const forged = await run([...login, ...more, `${token.slice(0, -6)}AAAAAA`], { env });
      assert.match(forged.stderr, /AADSTS700213/);
      const ended = await run([...login, ...more, token], { env });
      assert.equal(ended.code, 0, ended.stderr);
    });
  }
});
