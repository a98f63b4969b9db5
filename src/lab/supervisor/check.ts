import type { HostsBlock } from '../hosts-file.ts';
import type { MachinePlan } from '../machine.ts';
import type { LabPlan } from '../plan.ts';

const ADDRESS = /^\d{1,3}(?:\.\d{1,3}){3}$/;
const PREFIX = /^\d{1,3}(?:\.\d{1,3}){3}\/\d{1,2}$/;
const NETWORK_NAMESPACE = /^swl-[a-z0-9-]{1,100}$/;
const LINK = /^[a-z][a-z0-9]{1,14}$/;
const UID = /^[\w-]{1,80}$/;
/** A port, a range of ports, an address, a prefix, a tag such as `Storage.WestEurope`, or `*`. */
const OF_RULE = /^[\w./*:-]{1,200}$/;

/** What each text of a plan must look like, by the member that it is in. */
const FORMS: Readonly<Record<string, RegExp>> = {
  publicPrefix: PREFIX,
  gateway: ADDRESS,
  registry: ADDRESS,
  id: /^\/[\w./()-]{1,500}$/,
  name: /^[a-z0-9][a-z0-9-]{0,79}$/,
  namespace: NETWORK_NAMESPACE,
  link: LINK,
  bridge: LINK,
  egress: ADDRESS,
  space: PREFIX,
  beyond: PREFIX,
  gateways: PREFIX,
  address: /^\d{1,3}(?:\.\d{1,3}){3}(?:\/\d{1,2})?$/,
  public: ADDRESS,
  notCarried: ADDRESS,
  trusted: ADDRESS,
  private: ADDRESS,
  machine: UID,
  mac: /^(?:[0-9a-f]{2}:){5}[0-9a-f]{2}$/,
  direction: /^(?:In|Out)bound$/,
  access: /^(?:Allow|Deny)$/,
  protocol: /^(?:\*|[a-z0-9]{1,10})$/,
  sources: OF_RULE,
  sourcePorts: OF_RULE,
  destinations: OF_RULE,
  destinationPorts: OF_RULE,
};

/**
 * A plan, once each of its texts has the form of its member: they become lines of `ip` and `nft` that root runs, and who sends
 * them is not root. Throws with the one that has not.
 */
export function checkPlan(plan: LabPlan): LabPlan {
  look('plan', plan);
  return plan;
}

function look(member: string, value: unknown): void {
  if (Array.isArray(value)) for (const one of value) look(member, one);
  else if (typeof value === 'object' && value !== null)
    for (const [name, inner] of Object.entries(value)) look(name, inner);
  else if (typeof value === 'string' && FORMS[member]?.test(value) !== true)
    throw new Error(`the plan's ${member} is ${JSON.stringify(value)}, which is none`);
}

/** One machine, once nothing of it would lead root elsewhere. Throws with what is wrong. */
export function checkMachine(plan: MachinePlan): MachinePlan {
  const { uid, namespace, hostname, main, files, limits } = plan;
  const texts: readonly (readonly [string, RegExp])[] = [
    [uid, UID],
    [namespace, /^swl-h-[a-z0-9-]{1,100}$/],
    [hostname, /^[A-Za-z0-9](?:[A-Za-z0-9-]{0,62}[A-Za-z0-9])?$/],
    ...(main.kind === 'ssh' ? sshTexts(main) : ([[main.user, /^[\w-]{1,64}$/]] as const)),
    // No part of a path is one of dots alone.
    ...files.map(({ path }) => [path, /^(?:\/(?!\.+(?:\/|$))[\w.+@-]{1,200})+$/] as const),
    ...Object.values(limits).map((bound: number) => [String(bound), /^\d{1,15}$/] as const),
  ];
  const wrong = texts.find(([value, form]) => !form.test(value));
  if (wrong !== undefined) throw new Error(`a machine's plan has ${JSON.stringify(wrong[0])}, which is none`);
  return plan;
}

function sshTexts({
  admin,
  keys,
}: Extract<MachinePlan['main'], { kind: 'ssh' }>): readonly (readonly [string, RegExp])[] {
  return [[admin, /^[a-z_][a-z0-9_-]{0,63}$/], ...keys.map((key) => [key, /^[\x20-\x7e]{1,20000}$/] as const)];
}

/** Throws for names and addresses that would write other lines into a hosts file. */
export function checkBlock({ address, names }: HostsBlock): void {
  const wrong = [
    ...(/^[\d.:a-f]{2,39}$/.test(address) ? [] : [address]),
    ...names.filter((name) => !/^[a-z0-9][a-z0-9.-]{0,252}$/i.test(name)),
  ];
  if (wrong.length > 0) throw new Error(`${JSON.stringify(wrong[0])} is no name for a hosts file`);
}
