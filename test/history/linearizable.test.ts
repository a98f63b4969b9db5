import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { linearize, type Operation } from './linearizable.ts';
import { ruleModel, TAG_MODEL, type RuleInput, type RuleOutput, type TagInput, type TagOutput } from './models.ts';

type TagOperation = Operation<TagInput, TagOutput>;

let clients = 0;
const at = <I, O>([calledAt, returnedAt]: readonly [number, number], input: I, output?: O): Operation<I, O> => ({
  client: `c${clients++}`,
  input,
  calledAt,
  returnedAt,
  ...(output === undefined ? {} : { output }),
});
const push = (times: readonly [number, number], digest: string, output: TagOutput | undefined = 'done'): TagOperation =>
  at<TagInput, TagOutput>(times, { kind: 'push', digest }, output);
const pull = (times: readonly [number, number], digest?: string): TagOperation =>
  at<TagInput, TagOutput>(times, { kind: 'pull' }, digest === undefined ? 'none' : { digest });
const remove = (times: readonly [number, number], output: TagOutput): TagOperation =>
  at<TagInput, TagOutput>(times, { kind: 'delete' }, output);
const unanswered = (calledAt: number, digest: string): TagOperation =>
  at<TagInput, TagOutput>([calledAt, Number.POSITIVE_INFINITY], { kind: 'push', digest });

const ROWS: readonly (readonly [name: string, linearizable: boolean, history: readonly TagOperation[]])[] = [
  ['pulls that see a push under way, and go on seeing it', true, [push([0, 10], 'a'), pull([1, 2]), pull([3, 4], 'a')]],
  [
    'a pull that does not see any more what one before it saw',
    false,
    [push([0, 10], 'a'), pull([1, 2], 'a'), pull([3, 4])],
  ],
  ['an old value after a newer one was acknowledged', false, [push([0, 1], 'a'), push([2, 3], 'b'), pull([4, 5], 'a')]],
  [
    'two pushes at once, seen in one order by all',
    true,
    [push([0, 9], 'a'), push([0, 9], 'b'), pull([10, 11], 'a'), pull([12, 13], 'a')],
  ],
  [
    'two pushes at once, seen in two orders',
    false,
    [push([0, 9], 'a'), push([0, 9], 'b'), pull([10, 11], 'a'), pull([12, 13], 'b')],
  ],
  ['a tag that was deleted and is gone', true, [push([0, 1], 'a'), remove([2, 3], 'done'), pull([4, 5])]],
  ['a tag that was deleted and is still there', false, [push([0, 1], 'a'), remove([2, 3], 'done'), pull([4, 5], 'a')]],
  ['a tag deleted twice, with success', false, [push([0, 1], 'a'), remove([2, 3], 'done'), remove([4, 5], 'done')]],
  ['a push never answered that is seen late', true, [unanswered(0, 'a'), pull([1, 2]), pull([50, 51], 'a')]],
  ['a push never answered that is seen and then not', false, [unanswered(0, 'a'), pull([1, 2], 'a'), pull([3, 4])]],
  ['a value that nobody pushed', false, [push([0, 1], 'a'), pull([2, 3], 'x')]],
];

describe('the checker of histories', () => {
  for (const [name, expected, history] of ROWS)
    it(`${expected ? 'explains' : 'does not explain'} ${name}`, () => {
      assert.equal(linearize(TAG_MODEL, history).linearizable, expected);
    });

  it('does not explain a request judged by the rule before the one that was answered, and does one under way', () => {
    const change = at<RuleInput, RuleOutput>([2, 4], { kind: 'change', allow: false }, 'done');
    const request = (times: readonly [number, number]): Operation<RuleInput, RuleOutput> =>
      at<RuleInput, RuleOutput>(times, { kind: 'request' }, 'let in');
    assert.equal(linearize(ruleModel(true), [change, request([5, 6])]).linearizable, false);
    assert.equal(linearize(ruleModel(true), [change, request([3, 6])]).linearizable, true);
  });

  it('says where it is stuck', () => {
    const verdict = linearize(TAG_MODEL, [push([0, 1], 'a'), push([2, 3], 'b'), pull([4, 5], 'a')]);
    assert.ok(!verdict.linearizable);
    assert.equal(verdict.explained.length, 2);
    assert.deepEqual(
      verdict.stuck.map(({ input }) => input.kind),
      ['pull'],
    );
  });

  it('takes a long history of many at once', () => {
    const history = Array.from({ length: 400 }, (_, i) => push([i, i + 6], `${i}`));
    assert.equal(linearize(TAG_MODEL, history).linearizable, true);
  });
});
