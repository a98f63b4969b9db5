import type { ConnectionFacts } from '../connection/facts.ts';
import type { Exchange } from './exchange.ts';
import type { ServedRegistry } from './snapshot.ts';

/** A request that was let in and is not answered to its end. */
export interface Admitted {
  readonly facts: ConnectionFacts;
  readonly registry: ServedRegistry['settings']['uid'];
  readonly exchange: Pick<Exchange, 'cut'>;
}

/** The requests under way, so that a rule that goes takes with it what it had let in (invariant 5). */
export class InFlight {
  readonly #all = new Set<Admitted>();

  /** Adds a request; the function it answers takes it out. */
  enter(one: Admitted): () => void {
    this.#all.add(one);
    return () => this.#all.delete(one);
  }

  /** Cuts every request that is not to go on; says how many. */
  rejudge(mayGoOn: (one: Admitted) => boolean): number {
    const refused = [...this.#all].filter((one) => !mayGoOn(one));
    for (const { exchange } of refused) exchange.cut();
    return refused.length;
  }
}
