import { isJsonObject, type Json, type JsonObject } from '../../../azure/json.ts';
import type { Step } from '../../template/deploy.ts';
import { isEqual } from '../../template/value.ts';

/** What changes with every write, or is nobody's wish. */
const INCIDENTAL = [
  'etag',
  'systemData',
  'provisioningState',
  'resourceGuid',
  'createdOn',
  'updatedOn',
  'createdBy',
  'updatedBy',
  'timestamp',
  'correlationId',
  'templateHash',
  'duration',
];

/** One line of a what-if: what a deployment would do to a resource. */
export function changeOf({ id, before, after }: Step): JsonObject {
  const [was, willBe] = [before, after].map((one) => (one === undefined ? undefined : essence(one)));
  const delta = was === undefined || willBe === undefined ? [] : differences(was, willBe, '');
  const changeType =
    after === undefined ? 'Delete' : before === undefined ? 'Create' : delta.length > 0 ? 'Modify' : 'NoChange';
  return {
    resourceId: id.id,
    changeType,
    ...(was === undefined ? {} : { before: was }),
    ...(willBe === undefined ? {} : { after: willBe }),
    ...(changeType === 'Modify' ? { delta } : {}),
  };
}

function essence(value: JsonObject): JsonObject {
  return Object.fromEntries(
    Object.entries(value).flatMap(([key, one]) => (INCIDENTAL.includes(key) ? [] : [[key, essenceOf(one ?? null)]])),
  );
}

function essenceOf(value: Json): Json {
  if (Array.isArray(value)) return value.map(essenceOf);
  return isJsonObject(value) ? essence(value) : value;
}

function differences(before: JsonObject, after: JsonObject, at: string): readonly JsonObject[] {
  const names = [...new Set([...Object.keys(before), ...Object.keys(after)])];
  return names.flatMap((name) => difference(before[name], after[name], at === '' ? name : `${at}.${name}`));
}

function difference(before: Json | undefined, after: Json | undefined, path: string): readonly JsonObject[] {
  if (isEqual(before, after)) return [];
  if (isJsonObject(before) && isJsonObject(after)) return differences(before, after, path);
  const propertyChangeType =
    before === undefined
      ? 'Create'
      : after === undefined
        ? 'Delete'
        : Array.isArray(before) && Array.isArray(after)
          ? 'Array'
          : 'Modify';
  const children =
    propertyChangeType === 'Array' && Array.isArray(before) && Array.isArray(after)
      ? { children: elements(before, after) }
      : {};
  return [{ path, propertyChangeType, before: before ?? null, after: after ?? null, ...children }];
}

/** The elements of an array that differ, by their index. */
function elements(before: readonly Json[], after: readonly Json[]): readonly JsonObject[] {
  const count = Math.max(before.length, after.length);
  return Array.from({ length: count }, (_, i) => difference(before[i], after[i], String(i))).flat();
}
