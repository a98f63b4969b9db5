import { passwordNames } from '../arm/provider/microsoft.containerregistry/child/token.ts';
import { parseResourceId } from '../azure/resource-id.ts';
import type { Directory, TokenSlot } from '../directory/port.ts';
import type { StateView, StoredResource } from '../state/port.ts';

const TOKEN = 'microsoft.containerregistry/registries/tokens';
const SLOTS: readonly TokenSlot[] = ['password1', 'password2'];

/**
 * Forgets the passwords that tokens do not list any more; a token that is made lists none, so that it inherits none of a
 * namesake before it. Without `before` (at start) every token is looked at.
 */
export async function settleTokenPasswords(
  directory: Pick<Directory, 'removeTokenPasswords' | 'snapshot'>,
  before: StateView | undefined,
  view: StateView,
): Promise<void> {
  const was = new Set(before?.ofType(TOKEN));
  for (const token of view.ofType(TOKEN)) if (!was.has(token)) await forgetUnlisted(directory, token, view);
}

async function forgetUnlisted(
  directory: Pick<Directory, 'removeTokenPasswords' | 'snapshot'>,
  token: StoredResource,
  view: StateView,
): Promise<void> {
  const parent = parseResourceId(token.id)?.parent;
  const registry = parent === undefined ? undefined : view.get(parent.key)?.uid;
  const names = passwordNames(token);
  if (registry === undefined || names === undefined) return;
  const kept = directory.snapshot().credentials({ kind: 'registry-token', registry, name: token.name });
  for (const slot of SLOTS)
    if (kept.some((one) => one.slot === slot) && !names.includes(slot))
      await directory.removeTokenPasswords(registry, token.name, slot);
}
