import assert from 'node:assert/strict';
import fc from 'fast-check';
import { parseAuthorization } from '../../src/auth/authorization-header.ts';
import { basic, incoming, NOW, type World } from '../../src/auth/world.fixture.ts';
import { authenticate } from '../../src/auth/authenticate.ts';
import { verifyArmToken } from '../../src/auth/arm-token.ts';
import { answerAuthorityToken } from '../../src/auth/login-authority.ts';
import { answerExchange, answerToken } from '../../src/auth/token-endpoint.ts';
import { mutatedText, pumped } from './mutate.ts';
import type { Target } from './target.ts';

/** Tokens and passwords of a world of their own: what is changed in any way opens nothing. */
export async function tokenTargets(world: World): Promise<readonly Target[]> {
  const view = world.view();
  const { services, owner } = world;
  const form = { grant_type: 'client_credentials', client_id: owner.clientId, client_secret: owner.clientSecret };
  const armToken = await armTokenOf(world, form);
  const admin = (await world.directory.adminPasswords(world.registry.uid, NOW)).password;
  const query = 'scope=repository:team/app:pull&service=myregistry.azurecr.test';
  const answer = await answerToken(
    services,
    incoming({ query, headers: { authorization: basic('myregistry', admin) } }),
    view,
    NOW,
  );
  const access = String(jsonOf(answer.body)['access_token']);
  const good = [`Bearer ${access}`, basic('myregistry', admin), `Bearer ${armToken}`];

  const header: Target = {
    name: 'authorization-header',
    shortRuns: 600,
    property: fc.asyncProperty(
      fc.oneof(mutatedText(good), pumped(['Bearer ', 'Basic ', 'a', '=', '.', ' ', ',', 'é'])),
      async (value) => {
        const read = parseAuthorization(value);
        const who = await authenticate(services, read, view, NOW);
        if (who.kind !== 'caller') return;
        // The scheme may be written in any case; what stands behind it is the one that was issued.
        const secret =
          read.kind === 'bearer' ? read.token.text : read.kind === 'basic' ? `${read.username}:${read.password}` : '';
        assert.ok(secret === access || secret === `myregistry:${admin}`, value);
      },
    ),
  };
  const management: Target = {
    name: 'arm-token',
    shortRuns: 400,
    property: fc.asyncProperty(mutatedText(good), async (value) => {
      const who = await verifyArmToken(services, value, NOW);
      if (who.kind === 'principal') assert.match(value, new RegExp(`^bearer +${escape(armToken)} *$`, 'i'));
    }),
  };
  const forms: Target = {
    name: 'oauth-form',
    shortRuns: 300,
    property: fc.asyncProperty(
      mutatedText([
        new URLSearchParams({ ...form, scope: 'https://localhost:8443/.default' }).toString(),
        new URLSearchParams({
          grant_type: 'access_token',
          service: view.loginServer,
          access_token: armToken,
        }).toString(),
        'grant_type=password&username=a&password=b&service=x&scope=repository:a:pull',
        'grant_type=refresh_token&refresh_token=a.b.c',
        'grant_type=urn:ietf:params:oauth:grant-type:device_code&device_code=a&client_id=b',
      ]),
      fc.constantFrom('adfs', 'organizations', ''),
      async (text, tenant) => {
        for (const reply of [
          await answerAuthorityToken(services, incoming({ form: text }), tenant, NOW),
          await answerToken(services, incoming({ form: text }), view, NOW),
          await answerExchange(services, incoming({ form: text }), view, NOW),
        ])
          assert.ok(reply.status < 500, `${reply.status}`);
      },
    ),
  };
  return [header, management, forms];
}

async function armTokenOf({ services }: World, form: Readonly<Record<string, string>>): Promise<string> {
  const asked = incoming({ form: { ...form, resource: services.authority.issuerBase } });
  const { body } = await answerAuthorityToken(services, asked, 'adfs', NOW);
  return String(jsonOf(body)['access_token']);
}

function jsonOf(body: { readonly kind: string; readonly bytes?: unknown }): Readonly<Record<string, unknown>> {
  return JSON.parse(String(body.bytes));
}

function escape(text: string): string {
  return text.replaceAll(/[.*+?^${}()|[\]\\]/g, String.raw`\$&`);
}
