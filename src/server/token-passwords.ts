import { passwordNames } from '../arm/provider/microsoft.containerregistry/child/token.ts';
import { parseResourceId } from '../azure/resource-id.ts';
import type { Directory, TokenSlot } from '../directory/port.ts';
import type { StateView, StoredResource } from '../state/port.ts';

const TOKEN = 'microsoft.containerregistry/registries/tokens';
const SLOTS: readonly TokenSlot[] = ['password1', 'password2'];

/**
 * Forgets the passwords of tokens that went or were made anew, so that a namesake inherits none, and those that a token
 * does not list any more. Without `before` (at start) only the latter.
 */
export async function settleTokenPasswords(
  directory: Pick<Directory, 'removeTokenPasswords' | 'snapshot'>,
  before: StateView | undefined,
  view: StateView,
): Promise<void> {
  const was = new Map(before?.ofType(TOKEN).map((token) => [token.uid, token]));
  const tokens = view.ofType(TOKEN);
  const fresh = before === undefined ? [] : tokens.filter(({ uid }) => !was.has(uid));
  const uids = new Set(tokens.map(({ uid }) => uid));
  const gone = [...was.values()].filter(({ uid }) => !uids.has(uid));
  for (const token of [...gone, ...fresh]) {
    const registry = registryOf(token, view) ?? registryOf(token, before);
    if (registry !== undefined) await directory.removeTokenPasswords(registry, token.name);
  }
  for (const token of tokens) if (was.get(token.uid) !== token) await forgetUnlisted(directory, token, view);
}

async function forgetUnlisted(
  directory: Pick<Directory, 'removeTokenPasswords' | 'snapshot'>,
  token: StoredResource,
  view: StateView,
): Promise<void> {
  const [registry, names] = [registryOf(token, view), passwordNames(token)];
  if (registry === undefined || names === undefined) return;
  const kept = directory.snapshot().credentials({ kind: 'registry-token', registry, name: token.name });
  for (const slot of SLOTS)
    if (kept.some((one) => one.slot === slot) && !names.includes(slot))
      await directory.removeTokenPasswords(registry, token.name, slot);
}

/** The uid of a token's registry. */
function registryOf({ id }: StoredResource, view: StateView | undefined): string | undefined {
  const parent = parseResourceId(id)?.parent;
  return parent === undefined ? undefined : view?.get(parent.key)?.uid;
}
