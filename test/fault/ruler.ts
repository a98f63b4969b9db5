import assert from 'node:assert/strict';
import type { Arm } from '../management/arm.ts';
import type { Sender } from './content-check.ts';
import { refuseShortage } from './lost.ts';
import type { Restorable, WhenEnded } from './restorable.ts';

/** The number of a state of the rules: it never goes back. */
interface Generation {
  readonly epoch: number;
  readonly sequence: number;
}

/** The registry that is ruled; its client is refused by the rules, which is how the data plane is asked for its generation. */
interface Ruled {
  readonly name: string;
  readonly client: Sender;
}

const API_VERSION = '2021-08-01-preview';

/** What an operator knows to be in force once an answer has come. */
export interface AcknowledgedRules {
  /** The correlation id of the answer; none at first. */
  readonly id?: string;
  readonly address: string | undefined;
  readonly generation: Generation;
}

/** One operator who changes the rules of a registry by ARM, and remembers which were acknowledged, and their generation. */
export class Ruler implements Restorable {
  readonly #signIn: () => Promise<Arm>;
  readonly #ruled: Ruled;
  #arm: Arm | undefined;
  #counter = 0;
  #address: string | undefined;
  #next: string | undefined;
  /** What else may be in force after a restore. */
  #others: readonly (string | undefined)[] = [];
  #floor: Generation = { epoch: 0, sequence: 0 };
  acknowledged = 0;
  /** What was acknowledged, one change after another. */
  readonly journal: AcknowledgedRules[] = [{ address: undefined, generation: { epoch: 0, sequence: 0 } }];

  constructor(signIn: () => Promise<Arm>, ruled: Ruled) {
    this.#signIn = signIn;
    this.#ruled = ruled;
  }

  /** One who knows what was acknowledged to another, and what that one had under way. */
  static after(
    [signIn, ruled]: ConstructorParameters<typeof Ruler>,
    { address, generation }: AcknowledgedRules,
    next: AcknowledgedRules | undefined,
  ): Ruler {
    const ruler = new Ruler(signIn, ruled);
    ruler.#address = address;
    ruler.#floor = generation;
    ruler.#next = next?.address;
    return ruler;
  }

  /** Changes the rules once; throws when the connection is lost. */
  async step(): Promise<void> {
    const arm = (this.#arm ??= await this.#signIn());
    const counter = ++this.#counter;
    this.#next = `20.${counter >> 16}.${(counter >> 8) & 255}.${counter & 255}`;
    const networkRuleSet = { defaultAction: 'Deny', ipRules: [{ value: this.#next }] };
    const answer = await arm.ask('PATCH', this.#registry(arm), { properties: { networkRuleSet } }, OPTIONS);
    if (answer.status === 503 || answer.status === 507) this.#next = undefined;
    refuseShortage(answer, answer.text);
    assert.equal(answer.status, 200, answer.text);
    this.#advance(answer.headers['x-seawall-generation']);
    const id = String(answer.headers['x-ms-correlation-request-id']);
    this.journal.push({ id, address: this.#next, generation: this.#floor });
    this.#address = this.#next;
    this.#next = undefined;
    this.acknowledged++;
  }

  /** The rules are those that were acknowledged last, or those under way; no generation is below one that was seen. */
  async check(): Promise<void> {
    // The port, and with it the audience of tokens, is another one after each start.
    const arm = (this.#arm = await this.#signIn());
    const answer = await arm.ask('GET', this.#registry(arm), undefined, OPTIONS);
    assert.equal(answer.status, 200, answer.text);
    const { networkRuleSet } = answer.json()['properties'] as {
      readonly networkRuleSet: { readonly ipRules: readonly { readonly value: string }[] };
    };
    const found = networkRuleSet.ipRules[0]?.value;
    assert.ok(
      [this.#address, this.#next, ...this.#others].includes(found),
      `the rule is ${found}; ${this.#address} was acknowledged, ${[this.#next, ...this.#others].join(', ')} under way`,
    );
    this.#address = found;
    this.#next = undefined;
    this.#others = [];
    this.journal.splice(0, Number.POSITIVE_INFINITY, { address: found, generation: this.#floor });
    if (found === undefined) return;
    const refused = await this.#ruled.client.send('GET', '/v2/', { authorization: '' });
    assert.equal(refused.status, 403, refused.body.toString());
    this.#advance(refused.headers['x-seawall-generation']);
  }

  /** A restore raises the epoch: every generation after it is above every one before. */
  remember(): WhenEnded {
    const from = this.journal.length - 1;
    return () => {
      const known = this.journal.slice(from).map(({ address }) => address);
      const [first, ...others] = this.#next === undefined ? known : [...known, this.#next];
      return () => {
        this.#address = first;
        this.#others = others;
        this.#next = undefined;
        this.#floor = { epoch: this.#floor.epoch + 1, sequence: 0 };
      };
    };
  }

  #registry(arm: Arm): string {
    return `${arm.subscription}/resourceGroups/seawall/providers/Microsoft.ContainerRegistry/registries/${this.#ruled.name}`;
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
