import { KEPT_CAPABILITIES } from '../lab/capability.ts';
import { openGroups } from '../lab/supervisor/machine/groups.ts';
import { refusal } from '../lab/supervisor/preflight.ts';
import { sweep } from '../lab/supervisor/sweep.ts';

/** Why this machine can have no lab with this public prefix; `undefined` when it can. */
export function whyNoLab(publicPrefix: string): Promise<string | undefined> {
  return refusal(publicPrefix);
}

/** The capabilities that hosts keep, each with what needs it. */
export function hostCapabilities(): Readonly<Record<string, string>> {
  return KEPT_CAPABILITIES;
}

/** Takes away what a lab left on this machine, kept hosts too; says how many namespaces that were. */
export async function removeLab(): Promise<number> {
  const groups = await openGroups();
  for (const uid of await groups.all()) await groups.remove(uid);
  return sweep();
}
