import assert from 'node:assert/strict';
import { setTimeout as pause } from 'node:timers/promises';
import type { Arm } from '../management/arm.ts';

const MAINTENANCE = '/seawall/maintenance';
/** Between two looks at a pass, and two passes, in ms. */
const REST_MS = 40;

/** One operator who collects garbage, pass after pass. */
export class Collector {
  readonly #signIn: () => Promise<Arm>;
  #arm: Arm | undefined;
  /** Rises when a pass begins and when it ends, so it is odd while one runs. */
  turns = 0;
  /** Passes that came to their end. */
  acknowledged = 0;

  constructor(signIn: () => Promise<Arm>) {
    this.#signIn = signIn;
  }

  /** Makes one pass; throws when the connection is lost. */
  async step(): Promise<void> {
    const arm = (this.#arm ??= await this.#signIn());
    this.turns++;
    const answer = await arm.ask('POST', `${MAINTENANCE}/gc`, {}, NO_VERSION);
    assert.ok(answer.status === 202 || answer.status === 409, answer.text);
    if (answer.status === 202) await this.#ended(arm, String(answer.json()['id']));
    this.turns++;
    await pause(REST_MS);
  }

  /** Signs in to the server that runs now; a pass that was running ended with the one before. */
  async check(): Promise<void> {
    this.turns += this.turns % 2;
    this.#arm = await this.#signIn();
  }

  async #ended(arm: Arm, id: string): Promise<void> {
    for (;;) {
      const answer = await arm.ask('GET', `${MAINTENANCE}/tasks/${id}`, undefined, NO_VERSION);
      const { state } = answer.json();
      assert.notEqual(state, 'failed', answer.text);
      if (state === 'done') break;
      await pause(REST_MS);
    }
    this.acknowledged++;
  }
}

const NO_VERSION = { apiVersion: '' };
