import assert from 'node:assert/strict';
import type { TestSeawall } from '../../src/testkit/start-seawall.ts';
import { type Arm, armOf } from '../management/arm.ts';
import type { RegistryClient } from '../registry/client.ts';

/** The number of a state of the rules: it never goes back. */
interface Generation {
  readonly epoch: number;
  readonly sequence: number;
}

const API_VERSION = '2021-08-01-preview';

/** One operator who changes the rules of a registry by ARM, and remembers which were acknowledged, and their generation. */
export class Ruler {
  readonly #seawall: TestSeawall;
  readonly #client: RegistryClient;
  #arm: Arm | undefined;
  #counter = 0;
  #address: string | undefined;
  #next: string | undefined;
  #floor: Generation = { epoch: 0, sequence: 0 };
  acknowledged = 0;

  /** `client` is one of the registry that is ruled: it is refused by its rules, which is how the data plane is asked for its generation. */
  constructor(seawall: TestSeawall, client: RegistryClient) {
    this.#seawall = seawall;
    this.#client = client;
  }

  /** Changes the rules once; throws when the connection is lost. */
  async step(): Promise<void> {
    const arm = (this.#arm ??= await armOf(this.#seawall));
    const counter = ++this.#counter;
    this.#next = `20.${counter >> 16}.${(counter >> 8) & 255}.${counter & 255}`;
    const networkRuleSet = { defaultAction: 'Deny', ipRules: [{ value: this.#next }] };
    const answer = await arm.ask('PATCH', this.#registry(arm), { properties: { networkRuleSet } }, OPTIONS);
    assert.equal(answer.status, 200, answer.text);
    this.#advance(answer.headers['x-seawall-generation']);
    this.#address = this.#next;
    this.#next = undefined;
    this.acknowledged++;
  }

  /** The rules are those that were acknowledged last, or those under way; no generation is below one that was seen. */
  async check(): Promise<void> {
    // The port, and with it the audience of tokens, is another one after each start.
    const arm = (this.#arm = await armOf(this.#seawall));
    const answer = await arm.ask('GET', this.#registry(arm), undefined, OPTIONS);
    assert.equal(answer.status, 200, answer.text);
    const { networkRuleSet } = answer.json()['properties'] as {
      readonly networkRuleSet: { readonly ipRules: readonly { readonly value: string }[] };
    };
    const found = networkRuleSet.ipRules[0]?.value;
    assert.ok(
      found === this.#address || found === this.#next,
      `the rule is ${found}; ${this.#address} was acknowledged, ${this.#next} under way`,
    );
    this.#address = found;
    this.#next = undefined;
    if (found === undefined) return;
    const refused = await this.#client.send('GET', '/v2/', { authorization: '' });
    assert.equal(refused.status, 403, refused.body.toString());
    this.#advance(refused.headers['x-seawall-generation']);
  }

  #registry(arm: Arm): string {
    return `${arm.subscription}/resourceGroups/seawall/providers/Microsoft.ContainerRegistry/registries/${this.#client.registry}`;
  }

  #advance(header: string | readonly string[] | undefined): void {
    const [epoch, sequence] = String(header).split('.').map(Number);
    assert.ok(epoch !== undefined && sequence !== undefined && sequence > 0, `a generation, not ${String(header)}`);
    const { epoch: lowest, sequence: least } = this.#floor;
    assert.ok(
      epoch > lowest || (epoch === lowest && sequence >= least),
      `the generation went back from ${lowest}.${least} to ${epoch}.${sequence}`,
    );
    this.#floor = { epoch, sequence };
  }
}

const OPTIONS = { apiVersion: API_VERSION };
