import type { Directory, ManagedIdentity } from '../directory/port.ts';
import { objectOf } from '../azure/json.ts';
import type { State, StateView } from '../state/port.ts';

/** The types whose resources can have an identity of their own. */
const TYPES = [
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
  return TYPES.flatMap((type) => view.ofType(type)).flatMap(({ name, envelope, properties }) => {
    // A cluster's nodes have an identity beside the cluster's own.
    const kubelet = objectOf(objectOf(properties['identityProfile'])['kubeletidentity']);
    return [
      ...identityIn(objectOf(envelope['identity']), name),
      ...identityIn({ ...kubelet, principalId: kubelet['objectId'] ?? null }, `${name}-agentpool`),
    ];
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
