import { refusal } from '../lab/supervisor/preflight.ts';
import { sweep } from '../lab/supervisor/sweep.ts';

/** Why this machine can have no lab with this public prefix; `undefined` when it can. */
export function whyNoLab(publicPrefix: string): Promise<string | undefined> {
  return refusal(publicPrefix);
}

/** Takes away what a lab left on this machine; says how many namespaces that were. */
export function removeLab(): Promise<number> {
  return sweep();
}
