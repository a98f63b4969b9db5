import { randomUUID } from 'node:crypto';
import { newSubscription } from '../arm/provider/microsoft.resources/subscription.ts';
import { BUILT_IN_ROLES } from '../arm/provider/microsoft.authorization/built-in-role.ts';
import { storedResource } from '../arm/stored-resource.ts';
import { parseResourceId } from '../azure/resource-id.ts';
import type { Directory } from '../directory/port.ts';
import type { Change, State } from '../state/port.ts';

/** Makes the owner's subscription, and the owner its Owner, where they are not there: what a first start leaves. */
export async function ensureFirstState(
  state: State,
  directory: Directory,
  clientId: string,
  nowMs: number,
): Promise<void> {
  const known = directory.snapshot();
  const { subscriptionId, tenantId } = known;
  const owner = known.servicePrincipal(clientId);
  const role = BUILT_IN_ROLES.find(({ name }) => name === 'Owner');
  const scope = `/subscriptions/${subscriptionId}`;
  if (owner === undefined || role === undefined) throw new TypeError('the owner is not there after it was made');
  const context = { nowMs, caller: owner.objectId, newUuid: randomUUID };
  await state.commit((view) => {
    const id = parseResourceId(scope);
    if (id === undefined || view.get(id.key) !== undefined) return { value: undefined, changes: [] };
    const subscription = newSubscription(context, { subscriptionId, displayName: 'Seawall', tenantId });
    const assignment = parseResourceId(`${scope}/providers/Microsoft.Authorization/roleAssignments/${randomUUID()}`);
    if (subscription === undefined || assignment === undefined) return { value: undefined, changes: [] };
    const resource = storedResource(
      context,
      { id: assignment, existing: undefined },
      {
        properties: {
          roleDefinitionId: `${scope}/providers/Microsoft.Authorization/roleDefinitions/${role.guid}`,
          principalId: owner.objectId,
          principalType: 'ServicePrincipal',
        },
      },
    );
    const changes: Change[] = [
      { kind: 'put', resource: subscription },
      { kind: 'put', resource },
    ];
    return { value: undefined, changes };
  });
}
