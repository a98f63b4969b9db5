import type { Directory, ManagedIdentity } from '../directory/port.ts';
import { objectOf } from '../azure/json.ts';
import type { State, StateView } from '../state/port.ts';

const USER_ASSIGNED = 'microsoft.managedidentity/userassignedidentities';
/** The types that are identities, or whose resources can have one of their own. */
const TYPES = [
  USER_ASSIGNED,
  'microsoft.compute/virtualmachines',
  'microsoft.containerservice/managedclusters',
  'microsoft.containerinstance/containergroups',
];

/** Keeps the directory's managed identities as the resources are: a commit that makes or removes one is answered after it. */
export async function followManagedIdentities(
  state: State,
  directory: Pick<Directory, 'keepManagedIdentities'>,
  now: () => number,
): Promise<void> {
  await directory.keepManagedIdentities(identitiesIn(state.view()), now());
  state.follow(async (view, changes) => {
    const about = changes.some((change) =>
      TYPES.some((type) => (change.kind === 'put' ? change.resource.key : change.key).includes(`/${type}/`)),
    );
    if (about) await directory.keepManagedIdentities(identitiesIn(view), now());
  });
}

function identitiesIn(view: StateView): readonly ManagedIdentity[] {
  return TYPES.flatMap((type) => view.ofType(type)).flatMap(({ type, name, envelope, properties }) => {
    if (type === USER_ASSIGNED) return identityIn(properties, name);
    return identityIn(objectOf(envelope['identity']), name);
  });
}

function identityIn(
  { principalId, clientId }: ReturnType<typeof objectOf>,
  displayName: string,
): readonly ManagedIdentity[] {
  return typeof principalId === 'string' && typeof clientId === 'string'
    ? [{ objectId: principalId, clientId, displayName }]
    : [];
}
