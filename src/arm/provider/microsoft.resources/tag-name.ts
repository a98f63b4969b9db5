import { type JsonObject, objectOf } from '../../../azure/json.ts';
import { parseResourceId } from '../../../azure/resource-id.ts';
import type { StateView, StoredResource } from '../../../state/port.ts';
import { resourceNotFound } from '../../engine.ts';
import { tagRefusal } from '../../envelope.ts';
import type { ArmRoute } from '../../resource-type.ts';
import { type ActionOutcome, refused, type VerbContext } from '../../verb.ts';

const NAMES = '/subscriptions/{subscription}/tagNames';
const READ = 'Microsoft.Resources/subscriptions/tagNames/read';
const WRITE = 'Microsoft.Resources/subscriptions/tagNames/write';
const REMOVE = 'Microsoft.Resources/subscriptions/tagNames/delete';

type Asked = Parameters<ArmRoute['run']>[1];
/** Names with the values that were made beforehand: kept with the subscription. */
type Made = Readonly<Record<string, readonly string[]>>;

/** The tags of a subscription: those on its resources, with counts, and those made beforehand (`az tag list | create | delete`). */
export const TAG_NAME_ROUTES: readonly ArmRoute[] = [
  {
    method: 'GET',
    path: NAMES,
    permission: READ,
    run: (context, asked) =>
      withSubscription(context, asked, (kept) => ({ kind: 'answered', body: { value: listed(context.view, kept) } })),
  },
  { method: 'PUT', path: `${NAMES}/{tag}`, permission: WRITE, run: (context, asked) => make(context, asked) },
  {
    method: 'PUT',
    path: `${NAMES}/{tag}/tagValues/{value}`,
    permission: WRITE,
    run: (context, asked) => make(context, asked),
  },
  { method: 'DELETE', path: `${NAMES}/{tag}`, permission: REMOVE, run: (context, asked) => unmake(context, asked) },
  {
    method: 'DELETE',
    path: `${NAMES}/{tag}/tagValues/{value}`,
    permission: REMOVE,
    run: (context, asked) => unmake(context, asked),
  },
];

function withSubscription(
  { view }: VerbContext,
  { parameters: { subscription = '' } }: Asked,
  run: (kept: StoredResource) => ActionOutcome,
): ActionOutcome {
  const id = parseResourceId(`/subscriptions/${subscription}`);
  const kept = id === undefined ? undefined : view.get(id.key);
  if (kept !== undefined) return run(kept);
  const message = `The subscription '${subscription}' could not be found.`;
  return refused(id === undefined ? { code: 'SubscriptionNotFound', message } : resourceNotFound(id));
}

function madeIn({ properties }: StoredResource): Made {
  return Object.fromEntries(
    Object.entries(objectOf(properties['tagNames'])).map(([name, values]) => [
      name,
      (Array.isArray(values) ? values : []).filter((one): one is string => typeof one === 'string'),
    ]),
  );
}

function withMade(kept: StoredResource, tagNames: Made): ActionOutcome & { readonly kind: 'answered' } {
  const resource = { ...kept, properties: { ...kept.properties, tagNames } };
  return { kind: 'answered', body: undefined, changes: [{ kind: 'put', resource }] };
}

/** How often each value of each name is used. */
function usedIn(view: StateView, kept: StoredResource): ReadonlyMap<string, ReadonlyMap<string, number>> {
  const used = new Map<string, Map<string, number>>();
  for (const resource of [kept, ...view.below(kept.key)])
    for (const [name, value] of Object.entries(resource.tags)) {
      const values = used.get(name) ?? new Map<string, number>();
      values.set(value, (values.get(value) ?? 0) + 1);
      used.set(name, values);
    }
  return used;
}

function listed(view: StateView, kept: StoredResource): readonly JsonObject[] {
  const [made, used] = [madeIn(kept), usedIn(view, kept)];
  const names = [...new Set([...Object.keys(made), ...used.keys()])].toSorted((a, b) => a.localeCompare(b, 'en'));
  return names.map((name) => tagJson(kept.id, name, made[name] ?? [], used.get(name) ?? new Map()));
}

function tagJson(
  subscription: string,
  name: string,
  made: readonly string[],
  used: ReadonlyMap<string, number>,
): JsonObject {
  const id = `${subscription}/tagNames/${name}`;
  const total = [...used.values()].reduce((sum, count) => sum + count, 0);
  const values = [...new Set([...made, ...used.keys()])].map((value) => valueJson(id, value, used.get(value) ?? 0));
  return { id, tagName: name, count: { type: 'Total', value: total }, values };
}

function valueJson(tag: string, value: string, count: number): JsonObject {
  return { id: `${tag}/tagValues/${value}`, tagValue: value, count: { type: 'Total', value: count } };
}

function make(context: VerbContext, asked: Asked): ActionOutcome {
  const { tag: name = '', value } = asked.parameters;
  return withSubscription(context, asked, (kept) => {
    const error = tagRefusal({ [name]: value ?? '' });
    if (error !== undefined) return refused(error);
    const made = madeIn(kept);
    const values = [...new Set([...(made[name] ?? []), ...(value === undefined ? [] : [value])])];
    const used = usedIn(context.view, kept).get(name) ?? new Map<string, number>();
    const body =
      value === undefined
        ? tagJson(kept.id, name, values, used)
        : valueJson(`${kept.id}/tagNames/${name}`, value, used.get(value) ?? 0);
    return { ...withMade(kept, { ...made, [name]: values }), body };
  });
}

/** Only what no resource has can be removed, as in Azure. */
function unmake(context: VerbContext, asked: Asked): ActionOutcome {
  const { tag: name = '', value } = asked.parameters;
  return withSubscription(context, asked, (kept) => {
    const used = usedIn(context.view, kept).get(name);
    const count = value === undefined ? (used?.size ?? 0) : (used?.get(value) ?? 0);
    if (count > 0)
      return refused({
        code: 'TagInUse',
        message: `The tag '${name}'${value === undefined ? '' : ` with the value '${value}'`} cannot be removed while resources have it: az resource list --tag ${name} lists them.`,
      });
    const { [name]: values = [], ...others } = madeIn(kept);
    return withMade(kept, value === undefined ? others : { ...others, [name]: values.filter((one) => one !== value) });
  });
}
