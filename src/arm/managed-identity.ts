/** The identity that a resource has of its own (system-assigned): a principal made with it, and gone with it. Pure. */
import Type from 'typebox';
import type { ArmError } from '../azure/error.ts';
import { type JsonObject, objectOf } from '../azure/json.ts';
import type { StoredResource } from '../state/port.ts';
import type { VerbContext } from './verb.ts';

const answered = () => Type.Optional(Type.Unknown({ readOnly: true }));

/** The member `identity` of a body. Identities that are resources of their own are not built, and refused by name. */
export const IDENTITY_SCHEMA = Type.Optional(
  Type.Union([
    Type.Object(
      {
        type: Type.Optional(Type.Union([Type.String(), Type.Null()])),
        principalId: answered(),
        tenantId: answered(),
        userAssignedIdentities: Type.Optional(
          Type.Union([Type.Null(), Type.Object({}, { additionalProperties: false })]),
        ),
      },
      { additionalProperties: false },
    ),
    Type.Null(),
  ]),
);

/** What a resource keeps: the member as it is shown, and the client id beside it; empty without an identity. */
export type KeptIdentity = { readonly identity?: JsonObject };

/** The identity after a write; one that is there keeps its principal. A body that does not speak of it changes nothing. */
export function identityAfter(
  { newUuid, settings }: VerbContext,
  asked: JsonObject,
  existing: StoredResource | undefined,
): KeptIdentity | ArmError {
  const before = objectOf(existing?.envelope['identity']);
  const kept = before['principalId'] === undefined ? {} : { identity: before };
  const { identity } = asked;
  if (identity === undefined || identity === null) return kept;
  const { type } = objectOf(identity);
  switch (typeof type === 'string' ? type.toLowerCase() : 'none') {
    case 'none':
      return {};
    case 'systemassigned':
      if (before['principalId'] !== undefined) return kept;
      return {
        identity: {
          type: 'SystemAssigned',
          principalId: newUuid(),
          tenantId: settings.tenantId,
          clientId: newUuid(),
        },
      };
    default:
      return {
        code: 'InvalidParameter',
        target: 'identity.type',
        message: `The value ${JSON.stringify(type)} of 'identity.type' is not allowed: it must be SystemAssigned or None; identities that are resources of their own (UserAssigned) are not built here.`,
      };
  }
}

/** The identity as it is shown. */
export function shownIdentity({ envelope }: Pick<StoredResource, 'envelope'>): KeptIdentity {
  const { clientId: _, ...shown } = objectOf(envelope['identity']);
  return shown['principalId'] === undefined ? {} : { identity: shown };
}
