import { randomUUID } from 'node:crypto';
import { BUILT_IN_ROLES } from '../arm/provider/microsoft.authorization/built-in-role.ts';
import { newSubscription } from '../arm/provider/microsoft.resources/subscription.ts';
import { storedResource } from '../arm/stored-resource.ts';
import { parseResourceId } from '../azure/resource-id.ts';
import type { Directory } from '../directory/port.ts';
import type { Change, State } from '../state/port.ts';

/** A subscription that is to be made, with who gets the role Owner on it. */
export interface SubscriptionToMake {
  readonly subscriptionId: string;
  readonly displayName: string;
  readonly tenantId: string;
  /** Object id. */
  readonly owner: string;
  readonly nowMs: number;
}

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
  if (owner === undefined) throw new TypeError('the owner is not there after it was made');
  await makeSubscription(state, { subscriptionId, displayName: 'Seawall', tenantId, owner: owner.objectId, nowMs });
}

/** Makes a subscription with its owner's role, as one; nothing when it is there. */
export async function makeSubscription(state: State, asked: SubscriptionToMake): Promise<void> {
  const { subscriptionId, displayName, tenantId, owner, nowMs } = asked;
  const scope = `/subscriptions/${subscriptionId}`;
  const context = { nowMs, caller: owner, newUuid: randomUUID };
  await state.commit((view) => {
    const id = parseResourceId(scope);
    const subscription = newSubscription(context, { subscriptionId, displayName, tenantId });
    const assignment = parseResourceId(`${scope}/providers/Microsoft.Authorization/roleAssignments/${randomUUID()}`);
    const role = BUILT_IN_ROLES.find(({ name }) => name === 'Owner');
    if (id === undefined || view.get(id.key) !== undefined || subscription === undefined)
      return { value: undefined, changes: [] };
    if (assignment === undefined || role === undefined) throw new TypeError('the role Owner is built in');
    const roleDefinitionId = `${scope}/providers/Microsoft.Authorization/roleDefinitions/${role.guid}`;
    const properties = { roleDefinitionId, principalId: owner, principalType: 'ServicePrincipal' };
    const changes: Change[] = [
      { kind: 'put', resource: subscription },
      { kind: 'put', resource: storedResource(context, { id: assignment, existing: undefined }, { properties }) },
    ];
    return { value: undefined, changes };
  });
}
