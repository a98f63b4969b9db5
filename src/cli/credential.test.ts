import assert from 'node:assert/strict';
import { once } from 'node:events';
import { mkdir, mkdtemp, rm, writeFile } from 'node:fs/promises';
import { type Server, createServer } from 'node:https';
import type { AddressInfo } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { describe, it } from 'node:test';
import { testCertificate } from '../connection/certificate.fixture.ts';
import { runHere } from './memory-terminal.fixture.ts';

const HOST = 'control.localhost';
const REGISTRY_ID =
  '/subscriptions/sub-1/resourceGroups/another/providers/Microsoft.ContainerRegistry/registries/contoso';

/** A request as the stand-in for the server saw it. */
interface Seen {
  readonly url: string;
  readonly authorization: string | undefined;
  readonly body: string;
}
type Answer = (seen: Seen) => readonly [status: number, body: unknown];

const signIn: Answer = ({ body }) =>
  new URLSearchParams(body).get('client_secret') === 's3cret'
    ? [200, { access_token: 'owner-token', token_type: 'Bearer' }]
    : [401, { error: 'invalid_client', error_description: 'the client secret is wrong' }];

/** What the running server would answer: the sign-in, and passwords for the owner's token. */
const server: Answer = (seen) => {
  if (seen.url === '/tenant-1/oauth2/v2.0/token') return signIn(seen);
  if (seen.authorization !== 'Bearer owner-token')
    return [403, { error: { code: 'AuthorizationFailed', message: 'not yours' } }];
  // A registry of another group than the declared ones: the command finds it by its name.
  if (seen.url.startsWith('/subscriptions/sub-1/resources?'))
    return [200, { value: seen.url.includes('contoso') ? [{ id: REGISTRY_ID }] : [] }];
  if (!seen.url.startsWith(`${REGISTRY_ID}/`))
    return [404, { error: { code: 'ResourceNotFound', message: 'no such registry' } }];
  return [
    200,
    {
      username: 'contoso',
      passwords: [
        { name: 'password', value: 'p1' },
        { name: 'password2', value: 'p2' },
      ],
    },
  ];
};

interface Scene {
  readonly data: string;
  readonly seen: readonly Seen[];
  readonly close: () => Promise<void>;
}

/** A folder as a running server keeps it, and something that answers in its place over real TLS. */
async function withScene(state: Record<string, unknown>, use: (scene: Scene) => Promise<void>): Promise<void> {
  const data = await mkdtemp(join(tmpdir(), 'seawall-cli-'));
  const seen: Seen[] = [];
  const certificate = await testCertificate(HOST);
  const listening = await startServer(certificate, seen);
  const port = (listening.address() as AddressInfo).port;
  const close = async (): Promise<void> => {
    listening.close();
    listening.closeAllConnections();
    await once(listening, 'close');
  };
  try {
    await writeFile(join(data, 'ca.pem'), certificate.cert);
    await mkdir(join(data, 'run'));
    const url = `https://${HOST}:${port}`;
    const whole = {
      pid: process.pid,
      control: url,
      authority: `${url}/`,
      caFile: join(data, 'ca.pem'),
      ...IDS,
      ...state,
    };
    await writeFile(join(data, 'run', 'seawall.json'), JSON.stringify(whole));
    await use({ data, seen, close });
  } finally {
    if (listening.listening) await close();
    await rm(data, { recursive: true });
  }
}

const IDS = { subscriptionId: 'sub-1', tenantId: 'tenant-1', clientId: 'client-1', clientSecret: 's3cret' };

async function startServer(certificate: { cert: string; key: string }, seen: Seen[]): Promise<Server> {
  const listening = createServer(certificate, (request, response) => {
    let body = '';
    request.setEncoding('utf8').on('data', (chunk: string) => (body += chunk));
    request.on('end', () => {
      const one = { url: request.url ?? '', authorization: request.headers.authorization, body };
      seen.push(one);
      const [status, answer] = server(one);
      response.writeHead(status, { 'content-type': 'application/json' }).end(JSON.stringify(answer));
    });
  });
  listening.listen(0, '127.0.0.1');
  await once(listening, 'listening');
  return listening;
}

describe('credential show', () => {
  it('signs in as the owner and prints the passwords', async () => {
    await withScene({}, async ({ data, seen }) => {
      const { exit, out } = await runHere(['credential', 'show', '--registry', 'contoso', '--data', data]);
      assert.equal(exit, 0);
      assert.equal(out, 'USERNAME  PASSWORD   VALUE\ncontoso   password   p1\ncontoso   password2  p2\n');
      assert.equal(seen.at(-1)?.url, `${REGISTRY_ID}/listCredentials?api-version=2023-07-01`);
    });
  });

  it('prints JSON as the server answered it', async () => {
    await withScene({}, async ({ data }) => {
      const { out } = await runHere(['credential', 'show', '-r', 'contoso', '--data', data, '--json']);
      assert.deepEqual(JSON.parse(out).passwords[1], { name: 'password2', value: 'p2' });
    });
  });

  it('takes the folder from the variable that the server takes it from', async () => {
    await withScene({}, async ({ data }) => {
      const { exit } = await runHere(['credential', 'show', '-r', 'contoso'], { SEAWALL_DATA: data });
      assert.equal(exit, 0);
    });
  });

  it('takes the secret from a variable where the server keeps none in its files', async () => {
    await withScene({ clientSecret: undefined }, async ({ data }) => {
      const show = ['credential', 'show', '-r', 'contoso', '--data', data];
      assert.equal((await runHere(show, { SEAWALL_CLIENT_SECRET: 's3cret' })).exit, 0);
      const without = await runHere(show);
      assert.equal(without.exit, 77);
      assert.match(without.err, /put it into the variable SEAWALL_CLIENT_SECRET/);
    });
  });

  it('ends with 77 where the sign-in is refused', async () => {
    await withScene({ clientSecret: 'wrong' }, async ({ data }) => {
      const { exit, err } = await runHere(['credential', 'show', '-r', 'contoso', '--data', data]);
      assert.equal(exit, 77);
      assert.equal(err, 'seawall: the server answered 401: the client secret is wrong\n');
    });
  });

  it('ends with 70 where the registry is not known', async () => {
    await withScene({}, async ({ data }) => {
      const { exit, err } = await runHere(['credential', 'show', '-r', 'fabrikam', '--data', data]);
      assert.equal(exit, 70);
      assert.match(err, /there is no registry 'fabrikam'; see: az acr list/);
    });
  });

  it('ends with 69 where no server runs, and says how to start one', async () => {
    const { exit, err } = await runHere(['credential', 'show', '-r', 'contoso', '--data', '/nonexistent']);
    assert.equal(exit, 69);
    assert.match(err, /no server runs from \/nonexistent .*start one with "seawall up --data \/nonexistent"/);
  });

  it('ends with 69 where the server was killed', async () => {
    await withScene({ pid: 2 ** 22 + 1 }, async ({ data }) => {
      const { exit, err } = await runHere(['credential', 'show', '-r', 'contoso', '--data', data]);
      assert.equal(exit, 69);
      assert.match(err, /has ended/);
    });
  });

  it('ends with 69 where nobody listens any more', async () => {
    await withScene({}, async ({ data, close }) => {
      await close();
      const { exit, err } = await runHere(['credential', 'show', '-r', 'contoso', '--data', data]);
      assert.equal(exit, 69);
      assert.match(err, /does not answer: .*ECONNREFUSED/);
    });
  });

  it('does not trust a certificate of another CA', async () => {
    await withScene({ caFile: undefined }, async ({ data, seen }) => {
      const { exit } = await runHere(['credential', 'show', '-r', 'contoso', '--data', data]);
      assert.equal(exit, 69);
      assert.deepEqual(seen, []);
    });
  });
});

describe('credential renew', () => {
  it('names the password to replace', async () => {
    await withScene({}, async ({ data, seen }) => {
      await runHere(['credential', 'renew', '-r', 'contoso', '--password-name', 'password2', '--data', data]);
      assert.equal(seen.at(-1)?.url, `${REGISTRY_ID}/regenerateCredential?api-version=2023-07-01`);
      assert.equal(seen.at(-1)?.body, '{"name":"password2"}');
    });
  });
});

describe('token credential generate', () => {
  const generate = (data: string, ...more: readonly string[]): readonly string[] => [
    'token',
    'credential',
    'generate',
    '-r',
    'contoso',
    '-n',
    'ci-pull',
    '--data',
    data,
    ...more,
  ];

  it('names the token by its resource id, and one password', async () => {
    await withScene({}, async ({ data, seen }) => {
      await runHere(generate(data, '--password-name', 'password1'));
      assert.equal(seen.at(-1)?.url, `${REGISTRY_ID}/generateCredentials?api-version=2023-07-01`);
      assert.deepEqual(JSON.parse(seen.at(-1)?.body ?? ''), {
        tokenId: `${REGISTRY_ID}/tokens/ci-pull`,
        name: 'password1',
      });
    });
  });

  it('asks for both passwords where none is named', async () => {
    await withScene({}, async ({ data, seen }) => {
      await runHere(generate(data));
      assert.deepEqual(JSON.parse(seen.at(-1)?.body ?? ''), { tokenId: `${REGISTRY_ID}/tokens/ci-pull` });
    });
  });
});
