import { BlockList } from 'node:net';
import { admit } from '../src/admission/admit.ts';
import { compilePolicy } from '../src/admission/policy.ts';
import { type Address, formatAddress } from '../src/network/address.ts';
import type { Identity } from '../src/network/identity.ts';
import { containsAddress } from '../src/network/prefix.ts';
import type { Figure, Row } from './figure.ts';

const ASKED = 4096;
const ROUNDS = 200;
/** What a decision may take, in ns, by the number of rules. */
const BOUNDS: readonly (readonly [rules: number, boundNs: number])[] = [
  [10, 100],
  [300, 100],
  [10_000, 200],
];

/** A decision on a public address among many rules, beside `net.BlockList` and a look at each rule. */
export const admission: Row = {
  name: 'admission',
  measure: async () => BOUNDS.flatMap(([rules, boundNs]) => figures(rules, boundNs)),
};

function figures(count: number, boundNs: number): readonly Figure[] {
  const ipRules = Array.from({ length: count }, (_, i) =>
    formatAddress({ family: 4, words: [0x14_00_00_00 + i * 2048] }).concat('/24'),
  );
  const policy = compilePolicy({
    registryUid: 'r',
    publicNetworkAccess: 'Enabled',
    defaultAction: 'Deny',
    networkRuleBypassOptions: 'None',
    ipRules,
    subnetRules: [],
  });
  const list = new BlockList();
  for (const rule of ipRules) list.addSubnet(rule.slice(0, -3), 24);
  const callers = Array.from({ length: ASKED }, (_, i): Extract<Identity, { kind: 'public' }> => {
    const address: Address = { family: 4, words: [0x14_00_00_00 + ((i * 2_654_435_761) % (count * 2048))] };
    return { kind: 'public', address, by: 'packet', seen: address };
  });
  const texts = callers.map(({ address }) => formatAddress(address));
  const few = Math.max(1, Math.round(ROUNDS / Math.max(1, count / 100)));
  const own = time(ROUNDS, (i) => admit(policy, callers[i] ?? callers[0] ?? NOBODY).kind === 'allowed');
  const blockList = time(few, (i) => list.check(texts[i] ?? ''));
  const linear = time(
    few,
    (i) => policy.prefixes.some((prefix) => containsAddress(prefix, callers[i]?.address ?? NOWHERE)),
    ASKED / 16,
  );
  const bytes = allocated((i) => admit(policy, callers[i] ?? NOBODY).kind === 'allowed');
  return [
    { what: `${count} rules, a decision`, value: own, unit: 'ns', target: { atMost: boundNs } },
    { what: `${count} rules, net.BlockList`, value: blockList, unit: 'ns' },
    { what: `${count} rules, one after another`, value: linear, unit: 'ns' },
    { what: `${count} rules, memory of a decision`, value: bytes, unit: 'B', target: { atMost: 1 }, gates: true },
  ];
}

const NOWHERE: Address = { family: 4, words: [0] };
const NOBODY: Identity = { kind: 'unattributed', why: 'no-address', seen: undefined };

/** The median of five runs, in ns of this thread's processor time for one decision, the first runs being for the compiler. */
function time(rounds: number, decide: (index: number) => boolean, asked = ASKED): number {
  const runs = Array.from({ length: 7 }, () => {
    const started = spentNs();
    for (let round = 0; round < rounds; round += 1) for (let i = 0; i < asked; i += 1) if (decide(i)) hits += 1;
    return (spentNs() - started) / (rounds * asked);
  });
  return Math.round((runs.slice(2).toSorted((a, b) => a - b)[2] ?? 0) * 10) / 10;
}

/** The processor's time of this thread: what others make of the machine does not count. */
function spentNs(): number {
  const { user, system } = process.threadCpuUsage();
  return (user + system) * 1000;
}

/** What the loops found, so that no compiler leaves them out. */
let hits = 0;

function allocated(decide: (index: number) => boolean): number {
  const before = process.memoryUsage().heapUsed;
  for (let round = 0; round < 20; round += 1) for (let i = 0; i < ASKED; i += 1) if (decide(i)) hits += 1;
  return Math.max(0, Math.round((process.memoryUsage().heapUsed - before) / (20 * ASKED)));
}
