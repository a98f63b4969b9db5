import type { Change, Follower, StateView } from './port.ts';

/** Who is told of every view. Each is told in order, and of the next view only when it is done with the one before. */
export class Followers {
  readonly #tails = new Map<Follower, Promise<void>>();

  /** Adds a follower; the function answered removes it. */
  add(follower: Follower): () => void {
    this.#tails.set(follower, Promise.resolve());
    return () => void this.#tails.delete(follower);
  }

  /** Resolves when every follower has acknowledged; rejects, once all are done, with the first failure. */
  async tell(view: StateView, changes: readonly Change[]): Promise<void> {
    const told = [...this.#tails].map(([follower, tail]) => {
      const turn = tail.then(() => follower(view, changes));
      this.#tails.set(
        follower,
        turn.catch(() => undefined),
      );
      return turn;
    });
    const failed = (await Promise.allSettled(told)).find((outcome) => outcome.status === 'rejected');
    if (failed !== undefined) throw failed.reason;
  }
}
