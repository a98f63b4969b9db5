/** The identities that a resource may act as: one of its own, made and gone with it, and those assigned to it. Pure. */
import Type from 'typebox';
import type { ArmError } from '../azure/error.ts';
import { type JsonObject, objectOf } from '../azure/json.ts';
import { keyOfId } from '../azure/resource-id.ts';
import type { StateView, StoredResource } from '../state/port.ts';
import type { VerbContext } from './verb.ts';

const USER_ASSIGNED = 'microsoft.managedidentity/userassignedidentities';
const answered = () => Type.Optional(Type.Unknown({ readOnly: true }));

/** The member `identity` of a body. */
export const IDENTITY_SCHEMA = Type.Optional(
  Type.Union([
    Type.Object(
      {
        type: Type.Optional(Type.Union([Type.String(), Type.Null()])),
        principalId: answered(),
        tenantId: answered(),
        userAssignedIdentities: Type.Optional(Type.Union([Type.Null(), Type.Record(Type.String(), Type.Unknown())])),
      },
      { additionalProperties: false },
    ),
    Type.Null(),
  ]),
);

/** What a resource keeps: the member as it is shown, and the client id of its own identity beside it; empty without any. */
export type KeptIdentity = { readonly identity?: JsonObject };

/** A principal that a resource may act as. `id` is that of an assigned identity. */
export interface HeldIdentity {
  readonly principalId: string;
  readonly clientId: string;
  readonly id: string | undefined;
}

/** The identities after a write; one that is there keeps its principal. A body that does not speak of them changes nothing. */
export function identityAfter(
  context: VerbContext,
  { identity }: JsonObject,
  existing: StoredResource | undefined,
): KeptIdentity | ArmError {
  const before = objectOf(existing?.envelope['identity']);
  if (identity === undefined || identity === null) return before['type'] === undefined ? {} : { identity: before };
  const { type, userAssignedIdentities } = objectOf(identity);
  const words = (typeof type === 'string' ? type : 'None').split(',').map((word) => word.trim().toLowerCase());
  const unknown = words.find((word) => !['none', 'systemassigned', 'userassigned'].includes(word));
  if (unknown !== undefined) return wrongType(type);
  const assigned = words.includes('userassigned')
    ? assignedAfter(context.view, objectOf(userAssignedIdentities), objectOf(before['userAssignedIdentities']))
    : {};
  if (isError(assigned)) return assigned;
  const own = words.includes('systemassigned') ? ownAfter(context, before) : {};
  const kinds = [
    ...(words.includes('systemassigned') ? ['SystemAssigned'] : []),
    ...(words.includes('userassigned') ? ['UserAssigned'] : []),
  ];
  if (kinds.length === 0) return {};
  const kept = Object.keys(assigned).length === 0 ? {} : { userAssignedIdentities: assigned };
  return { identity: { type: kinds.join(', '), ...own, ...kept } };
}

function isError(value: JsonObject | ArmError): value is ArmError {
  return typeof value['code'] === 'string';
}

function wrongType(type: unknown): ArmError {
  const message = `The value ${JSON.stringify(type)} of 'identity.type' is not allowed: it must be SystemAssigned, UserAssigned, both with a comma between them, or None.`;
  return { code: 'InvalidParameter', target: 'identity.type', message };
}

function ownAfter({ newUuid, settings }: VerbContext, { principalId, clientId }: JsonObject): JsonObject {
  const own = { principalId: principalId ?? newUuid(), clientId: clientId ?? newUuid() };
  return { ...own, tenantId: settings.tenantId };
}

/** A member that is null takes one away (the merge of Azure's PATCH). */
function assignedAfter(view: StateView, asked: JsonObject, before: JsonObject): JsonObject | ArmError {
  const kept = new Map(Object.keys(before).map((id) => [keyOfId(id), id]));
  for (const [id, value] of Object.entries(asked)) {
    const found = view.get(keyOfId(id));
    if (value === null) kept.delete(keyOfId(id));
    else if (found?.type !== USER_ASSIGNED) return notFound(id);
    else kept.set(keyOfId(id), found.id);
  }
  if (kept.size > 0) return Object.fromEntries([...kept.values()].map((id) => [id, {}]));
  const message = 'Assigned identities must be named in identity.userAssignedIdentities, each by its resource id.';
  return { code: 'InvalidParameter', target: 'identity.userAssignedIdentities', message };
}

function notFound(id: string): ArmError {
  const message = `The identity ${id} was not found. Please make sure that it is a resource of type Microsoft.ManagedIdentity/userAssignedIdentities that exists.`;
  return { code: 'FailedIdentityOperation', target: 'identity.userAssignedIdentities', message };
}

/** The identities that a resource may act as, its own first. */
export function identitiesOf(view: StateView, { envelope }: Pick<StoredResource, 'envelope'>): readonly HeldIdentity[] {
  const own = objectOf(envelope['identity']);
  const assigned = Object.keys(objectOf(own['userAssignedIdentities'])).map((id) => view.get(keyOfId(id)));
  return [heldIn(own, undefined), ...assigned.map((one) => heldIn(one?.properties ?? {}, one?.id))].flat();
}

function heldIn({ principalId, clientId }: JsonObject, id: string | undefined): readonly HeldIdentity[] {
  return typeof principalId === 'string' && typeof clientId === 'string' ? [{ principalId, clientId, id }] : [];
}

/** The identities as they are shown. */
export function shownIdentity(view: StateView, resource: Pick<StoredResource, 'envelope'>): KeptIdentity {
  const { clientId: _, userAssignedIdentities, ...shown } = objectOf(resource.envelope['identity']);
  if (shown['type'] === undefined) return {};
  if (userAssignedIdentities === undefined) return { identity: shown };
  const assigned = identitiesOf(view, resource).flatMap(({ id, principalId, clientId }) =>
    id === undefined ? [] : [[id, { principalId, clientId }] as const],
  );
  return { identity: { ...shown, userAssignedIdentities: Object.fromEntries(assigned) } };
}
