import type { ControlAnswer } from '../../src/testkit/control-client.ts';
import { askControl, ownerToken } from '../../src/testkit/control-client.ts';
import type { TestSeawall } from '../../src/testkit/start-seawall.ts';

/** Sends requests to the management API of one server. */
export interface Arm {
  /** `/subscriptions/{id}` of the owner's subscription. */
  readonly subscription: string;
  /** Sends one request; `path` without `api-version`, which is added. */
  ask(method: string, path: string, body?: unknown, options?: ArmOptions): Promise<ControlAnswer>;
  /** The same; throws when it is not answered with success. */
  must(method: string, path: string, body?: unknown, options?: ArmOptions): Promise<Record<string, unknown>>;
}

/** How one request differs. */
export interface ArmOptions {
  /** Empty: none is sent. */
  readonly apiVersion?: string;
  readonly headers?: Readonly<Record<string, string>>;
}

const DEFAULTS: readonly (readonly [RegExp, string])[] = [
  [/\/providers\/microsoft\.containerregistry\//i, '2023-07-01'],
  [/\/providers\/microsoft\.network\//i, '2022-07-01'],
  [/\/providers\/microsoft\.authorization\/locks/i, '2020-05-01'],
  [/\/providers\/microsoft\.authorization\//i, '2022-04-01'],
];

/** Signs in as the owner, or with the given token. */
export async function armOf(seawall: TestSeawall, token?: string): Promise<Arm> {
  const bearer = token ?? (await ownerToken(seawall));
  const ask: Arm['ask'] = (method, path, body, { apiVersion, headers } = {}) => {
    const version = apiVersion ?? DEFAULTS.find(([pattern]) => pattern.test(path))?.[1] ?? '2021-04-01';
    const query = version === '' ? '' : `${path.includes('?') ? '&' : '?'}api-version=${version}`;
    return askControl(seawall, method, `${path}${query}`, {
      headers: { authorization: `Bearer ${bearer}`, 'content-type': 'application/json', ...headers },
      ...(body === undefined ? {} : { body: typeof body === 'string' ? body : JSON.stringify(body) }),
    });
  };
  return {
    subscription: `/subscriptions/${seawall.state.subscriptionId}`,
    ask,
    async must(method, path, body, options) {
      const answer = await ask(method, path, body, options);
      if (answer.status >= 300) throw new Error(`${method} ${path}: ${answer.status} ${answer.text}`);
      return answer.text === '' ? {} : answer.json();
    },
  };
}

/** The code of the error in an answer. */
export function codeOf(answer: ControlAnswer): unknown {
  const { error } = answer.json();
  return typeof error === 'object' && error !== null && 'code' in error ? error.code : undefined;
}
