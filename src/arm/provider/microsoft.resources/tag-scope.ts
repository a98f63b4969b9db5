import Type from 'typebox';
import { type JsonObject, objectOf } from '../../../azure/json.ts';
import type { ResourceId } from '../../../azure/resource-id.ts';
import type { StoredResource } from '../../../state/port.ts';
import { checkBody } from '../../check-body.ts';
import { resourceNotFound } from '../../engine.ts';
import { tagRefusal } from '../../envelope.ts';
import { lockRefusal } from '../../lock.ts';
import type { ScopeRoute } from '../../resource-type.ts';
import { type ActionOutcome, refused, type VerbContext } from '../../verb.ts';

const BELOW = 'providers/Microsoft.Resources/tags/default';
const TYPE = 'Microsoft.Resources/tags';
const CLOSED = { additionalProperties: false } as const;
const TAGS = Type.Object(
  { tags: Type.Optional(Type.Union([Type.Record(Type.String(), Type.String()), Type.Null()])) },
  CLOSED,
);
const PUT = Type.Object({ properties: TAGS }, CLOSED);
const PATCH = Type.Object({ operation: Type.Enum(['Merge', 'Replace', 'Delete']), properties: TAGS }, CLOSED);

type Tags = Readonly<Record<string, string>>;

/** The tags of any resource, group or subscription by themselves (`az tag create | update --resource-id`). */
export const TAG_SCOPE_ROUTES: readonly ScopeRoute[] = [
  {
    method: 'GET',
    below: BELOW,
    permission: `${TYPE}/read`,
    run: ({ view }, { scope }) => {
      const resource = view.get(scope.key);
      return resource === undefined ? refused(resourceNotFound(scope)) : { kind: 'answered', body: tagsJson(resource) };
    },
  },
  {
    method: 'PUT',
    below: BELOW,
    permission: `${TYPE}/write`,
    run: (context, { scope, body }) => write(context, scope, { schema: PUT, body, combine: (_, tags) => tags }),
  },
  {
    method: 'PATCH',
    below: BELOW,
    permission: `${TYPE}/write`,
    run: (context, { scope, body }) => write(context, scope, { schema: PATCH, body, combine: combination(body) }),
  },
  {
    method: 'DELETE',
    below: BELOW,
    permission: `${TYPE}/delete`,
    run: (context, { scope }) => write(context, scope, { schema: PUT, body: { properties: {} }, combine: () => ({}) }),
  },
];

function combination({ operation }: JsonObject): (before: Tags, tags: Tags) => Tags {
  if (operation === 'Merge') return (before, tags) => ({ ...before, ...tags });
  // A tag of another value stays.
  if (operation === 'Delete')
    return (before, tags) => Object.fromEntries(Object.entries(before).filter(([name, value]) => tags[name] !== value));
  return (_, tags) => tags;
}

function write(
  context: VerbContext,
  scope: ResourceId,
  {
    schema,
    body,
    combine,
  }: {
    readonly schema: typeof PUT | typeof PATCH;
    readonly body: JsonObject;
    readonly combine: (before: Tags, tags: Tags) => Tags;
  },
): ActionOutcome {
  const before = context.view.get(scope.key);
  if (before === undefined) return refused(resourceNotFound(scope));
  const { id: _, name: __, type: ___, ...rest } = body;
  const wrong = checkBody(schema, rest) ?? lockRefusal(context.view, scope, 'write');
  if (wrong !== undefined) return refused(wrong);
  const asked = objectOf(objectOf(body['properties'])['tags']);
  const given = Object.fromEntries(
    Object.entries(asked).flatMap(([name, value]) => (typeof value === 'string' ? [[name, value]] : [])),
  );
  const tags = combine(before.tags, given);
  const error = tagRefusal(tags);
  if (error !== undefined) return refused(error);
  const { nowMs, caller, newUuid } = context;
  const resource = { ...before, tags, etag: `"${newUuid()}"`, changedMs: nowMs, changedBy: caller };
  return { kind: 'answered', body: tagsJson(resource), changes: [{ kind: 'put', resource }] };
}

function tagsJson({ id, tags }: StoredResource): JsonObject {
  return { id: `${id}/${BELOW}`, name: 'default', type: TYPE, properties: { tags } };
}
