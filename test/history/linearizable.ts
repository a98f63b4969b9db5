/** One operation of a history: what was asked, what was answered, and between which moments. */
export interface Operation<Input, Output> {
  /** Who did it: one client does one thing at a time. */
  readonly client: string;
  readonly input: Input;
  /** Absent where no answer came: it may have been done at any later time, or never. */
  readonly output?: Output;
  /** On one clock that never goes back. */
  readonly calledAt: number;
  /** Infinity where no answer came. */
  readonly returnedAt: number;
}

/** What one object does when it is used by one client alone. */
export interface Model<State, Input, Output> {
  readonly initial: State;
  /** The state after an operation; `undefined` where it would not have answered so. Without output: whatever it answers. */
  step(state: State, input: Input, output: Output | undefined): State | undefined;
  /** The same text for the same state. */
  nameOf(state: State): string;
}

/** Whether one order of all operations explains every answer; where not, the longest order that was found, and what it could not take. */
export type Verdict<O> =
  | { readonly linearizable: true }
  | { readonly linearizable: false; readonly explained: readonly O[]; readonly stuck: readonly O[] };

/**
 * Looks for an order in which an object used by one client alone would have answered as it did, each operation at some
 * moment between its call and its return (Wing and Gong, "Testing and Verifying Concurrent Objects", 1993; with the
 * memory of seen configurations of Lowe, "Testing for linearizability", 2017). Objects that are independent are to be
 * checked one by one.
 */
export function linearize<State, Input, Output>(
  model: Model<State, Input, Output>,
  history: readonly Operation<Input, Output>[],
): Verdict<Operation<Input, Output>> {
  const operations = history.toSorted((a, b) => a.calledAt - b.calledAt);
  const seen = new Set<string>();
  let best: readonly number[] = [];
  const order: number[] = [];
  const choices = [choicesOf(operations, model.initial, 0n)];
  for (let depth = 0; depth >= 0; ) {
    const choice = choices[depth];
    if (choice === undefined || isDone(operations, choice.taken)) return { linearizable: true };
    const index = choice.left.pop();
    const operation = index === undefined ? undefined : operations[index];
    if (index === undefined || operation === undefined) {
      choices.pop();
      order.pop();
      depth--;
      continue;
    }
    const state = model.step(choice.state, operation.input, operation.output);
    if (state === undefined) continue;
    const taken = choice.taken | (1n << BigInt(index));
    const configuration = `${taken.toString(36)} ${model.nameOf(state)}`;
    if (seen.has(configuration)) continue;
    seen.add(configuration);
    order.push(index);
    if (order.length > best.length) best = [...order];
    choices.push(choicesOf(operations, state, taken));
    depth++;
  }
  const explained = best.flatMap((index) => operations[index] ?? []);
  const stuck = minimal(operations, maskOf(best)).flatMap((index) => operations[index] ?? []);
  return { linearizable: false, explained, stuck };
}

/** Where a search stands: the state, what is taken, and what may come next. */
interface Choice<State> {
  readonly state: State;
  readonly taken: bigint;
  readonly left: number[];
}

interface Timed {
  readonly calledAt: number;
  readonly returnedAt: number;
}

function choicesOf<State>(operations: readonly Timed[], state: State, taken: bigint): Choice<State> {
  return { state, taken, left: minimal(operations, taken) };
}

/** The operations not taken that no other one that is not taken comes before. */
function minimal(operations: readonly Timed[], taken: bigint): number[] {
  const found: number[] = [];
  let earliestReturn = Number.POSITIVE_INFINITY;
  for (const [index, { calledAt, returnedAt }] of operations.entries()) {
    // In the order of calls: none behind can be concurrent with what returned before this call.
    if (calledAt > earliestReturn) break;
    if ((taken >> BigInt(index)) & 1n) continue;
    found.push(index);
    earliestReturn = Math.min(earliestReturn, returnedAt);
  }
  return found.filter((index) => (operations[index]?.calledAt ?? 0) <= earliestReturn);
}

/** Nothing is left but what was never answered. */
function isDone(operations: readonly Timed[], taken: bigint): boolean {
  return operations.every(
    ({ returnedAt }, index) => returnedAt === Number.POSITIVE_INFINITY || ((taken >> BigInt(index)) & 1n) === 1n,
  );
}

function maskOf(order: readonly number[]): bigint {
  return order.reduce((mask, index) => mask | (1n << BigInt(index)), 0n);
}
