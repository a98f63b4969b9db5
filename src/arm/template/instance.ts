import { isJsonObject, type Json, type JsonObject, listOf, objectOf } from '../../azure/json.ts';
import type { ResourceId } from '../../azure/resource-id.ts';
import { evaluate, evaluateDeep, inLoop, MOST_TURNS, type Scope } from './evaluate.ts';
import { type Expression, isExpression, parseExpression } from './expression.ts';
import { idBelow, mustParse } from './resource-name.ts';
import type { TemplateResource } from './template.ts';
import { TemplateError } from './template-error.ts';
import { flagOf, numberOf, textOf } from './value.ts';

/** One resource that a deployment is about: one turn of its loop, its name and condition known. */
export interface Instance {
  readonly source: TemplateResource;
  readonly scope: Scope;
  readonly id: ResourceId;
  readonly apiVersion: string;
  /** The name of its loop, and its turn. */
  readonly copy: { readonly name: string; readonly index: number } | undefined;
  /** Read, never written. */
  readonly existing: boolean;
}

/** All instances of a template's resources; those whose condition is false are in `skipped`, by what others know them as. */
export interface Instances {
  readonly all: readonly Instance[];
  readonly skipped: readonly {
    readonly symbol: string | undefined;
    readonly copy: string | undefined;
    readonly id: string | undefined;
  }[];
}

/** Unrolls the loops and decides the conditions; a condition is decided before the name is evaluated. */
export function instancesOf(resources: readonly TemplateResource[], scope: Scope, deployment: ResourceId): Instances {
  const all: Instance[] = [];
  scope.work.deploy(resources.length);
  const skipped: Instances['skipped'][number][] = [];
  for (const source of resources)
    for (const turn of turnsOf(source, scope)) {
      const { condition } = source.body;
      const wanted = condition === undefined || flagOf('condition', evaluateDeep(condition, turn.scope));
      if (wanted) all.push(instanceOf(source, turn, deployment));
      else skipped.push({ symbol: source.symbol, copy: turn.copy?.name, id: tryId(source, turn, deployment) });
    }
  const twin = all.find(
    (one, i) => !one.existing && all.findIndex((other) => !other.existing && other.id.key === one.id.key) < i,
  );
  if (twin !== undefined) throw new TemplateError(`The template defines the resource '${twin.id.id}' more than once.`);
  return { all, skipped };
}

interface Turn {
  readonly scope: Scope;
  readonly copy: Instance['copy'];
}

function turnsOf({ body, symbol }: TemplateResource, scope: Scope): readonly Turn[] {
  const { copy } = body;
  if (!isJsonObject(copy)) return [{ scope, copy: undefined }];
  const name = typeof copy['name'] === 'string' ? copy['name'] : (symbol ?? '');
  const count = numberOf('copy', evaluateDeep(copy['count'], scope));
  if (!(count >= 0 && count <= MOST_TURNS))
    throw new TemplateError(`The loop '${name}' has the count ${count}, which must be from 0 to ${MOST_TURNS}.`);
  scope.work.deploy(count - 1);
  return Array.from({ length: count }, (_, index) => ({ scope: inLoop(scope, name, index), copy: { name, index } }));
}

function tryId(source: TemplateResource, turn: Turn, deployment: ResourceId): string | undefined {
  try {
    return idOf(source, turn.scope, deployment).key;
  } catch (error) {
    // The name of what is not wanted need not make sense.
    if (error instanceof TemplateError) return undefined;
    throw error;
  }
}

function instanceOf(source: TemplateResource, { scope, copy }: Turn, deployment: ResourceId): Instance {
  const apiVersion = textOf('apiVersion', evaluateDeep(source.body['apiVersion'] ?? '', scope));
  return {
    source,
    scope,
    copy,
    apiVersion,
    id: idOf(source, scope, deployment),
    existing: source.body['existing'] === true,
  };
}

function idOf({ body, type, above }: TemplateResource, scope: Scope, deployment: ResourceId): ResourceId {
  const names = [...above, body['name'] ?? ''].flatMap((one) => textOf('name', evaluateDeep(one, scope)).split('/'));
  return mustParse(idBelow(baseOf(body, scope, deployment), type, names));
}

/** What a resource is below: its `scope`, another group or subscription that it names, or the deployment's own. */
function baseOf(body: JsonObject, scope: Scope, deployment: ResourceId): string {
  const text = (name: string): string | undefined => {
    const value = body[name] === undefined ? null : evaluateDeep(body[name], scope);
    return typeof value === 'string' && value !== '' ? value : undefined;
  };
  const subscription = text('subscriptionId') ?? deployment.subscription ?? '';
  const group = text('resourceGroup') ?? (body['subscriptionId'] === undefined ? deployment.group : undefined);
  const own = `/subscriptions/${subscription}${group === undefined ? '' : `/resourceGroups/${group}`}`;
  const asked = text('scope');
  if (asked === undefined) return own;
  if (asked.startsWith('/')) return asked === '/' ? '' : asked.replace(/\/$/, '');
  const [namespace = '', ...rest] = asked.split('/');
  const types = rest.filter((_, i) => i % 2 === 0);
  const names = rest.filter((_, i) => i % 2 === 1);
  return idBelow(own, [namespace, ...types].join('/'), names);
}

/** The instances that an instance needs: named in `dependsOn`, referred to, or what it is below. */
function dependenciesOf(instance: Instance, { all, skipped }: Instances): readonly Instance[] {
  const named = listOf(instance.source.body['dependsOn']).flatMap((one) => {
    const text = textOf('dependsOn', evaluateDeep(one, instance.scope));
    const found = instancesNamed(text, all);
    const isSkipped = skipped.some(
      ({ symbol, copy, id }) =>
        symbol === text ||
        copy === text ||
        id === text.toLowerCase() ||
        id?.endsWith(`/${text.toLowerCase()}`) === true,
    );
    if (found.length === 0 && !isSkipped && !text.startsWith('/subscriptions/') && !isSkippedName(text, skipped))
      throw new TemplateError(
        `The resource '${text}' that '${instance.id.id}' depends on is not defined in the template.`,
      );
    return found;
  });
  const referred = referencesIn(instance.source.body).flatMap((one) => {
    const text = tryText(one, instance.scope);
    return text === undefined ? [] : instancesNamed(text, all);
  });
  const above = all.filter(({ id }) => instance.id.key.startsWith(`${id.key}/`));
  return [...new Set([...named, ...referred, ...above])].filter((one) => one !== instance);
}

/** `Type/name` of something skipped, which other places give by its full id. */
function isSkippedName(text: string, skipped: Instances['skipped']): boolean {
  const name = text.slice(text.lastIndexOf('/') + 1).toLowerCase();
  return skipped.some(({ id }) => id === undefined || id.endsWith(`/${name}`));
}

/** The instances that a text names: a symbol, one turn of it (`a[0]`), a loop, an id, `Type/name`, or a bare name. */
export function instancesNamed(text: string, all: readonly Instance[]): readonly Instance[] {
  const turn = /^(.*)\[(\d+)\]$/.exec(text);
  if (turn !== null) {
    const index = Number(turn[2]);
    return all.filter(({ source, copy }) => source.symbol === turn[1] && copy?.index === index);
  }
  const symbolic = all.filter(
    ({ source, copy }) => source.symbol === text || copy?.name === text || symbolPath(source) === text,
  );
  if (symbolic.length > 0) return symbolic;
  const key = text.toLowerCase();
  return all.filter(({ id, source }) => {
    if (key.startsWith('/')) return id.key === key;
    const name = id.name.toLowerCase();
    return name === key || typeAndName(source, id) === key || id.key.endsWith(`/providers/${key}`);
  });
}

/** `parent::child`, as Bicep names nested resources. */
function symbolPath({ symbol, parentSymbol }: TemplateResource): string {
  return `${parentSymbol ?? ''}::${symbol ?? ''}`;
}

/** `Microsoft.X/a/b/n1/n2`: how resourceId without scope looked once. */
function typeAndName({ type }: TemplateResource, { key }: ResourceId): string {
  const lower = type.toLowerCase();
  const count = lower.split('/').length - 1;
  const names = key
    .split('/')
    .filter((_, i, all) => (all.length - i) % 2 === 1)
    .slice(-count);
  return `${lower}/${names.join('/')}`;
}

/** The first arguments of every `reference` and `list…` in a body, but for those in a nested template. */
function referencesIn(body: Json | undefined, key = ''): readonly Expression[] {
  if (key === 'template') return [];
  if (typeof body === 'string') return isExpression(body) ? callsIn(parseExpression(body)) : [];
  if (Array.isArray(body)) return body.flatMap((one: Json) => referencesIn(one));
  return Object.entries(objectOf(body)).flatMap(([name, one]) =>
    name === 'dependsOn' || name === 'resources' ? [] : referencesIn(one, name),
  );
}

function callsIn(expression: Expression): readonly Expression[] {
  switch (expression.kind) {
    case 'literal':
      return [];
    case 'access':
      return [...callsIn(expression.target), ...callsIn(expression.key)];
    case 'call': {
      const within = expression.args.flatMap(callsIn);
      const [first] = expression.args;
      const refers = /^(?:references?|list\w*)$/i.test(expression.name) && first !== undefined;
      return refers ? [first, ...within] : within;
    }
  }
}

function tryText(expression: Expression, scope: Scope): string | undefined {
  try {
    const value = evaluate(expression, scope);
    return typeof value === 'string' ? value : undefined;
  } catch (error) {
    // What cannot be told before it runs is what `dependsOn` is for.
    if (error instanceof TemplateError) return undefined;
    throw error;
  }
}

/** A resource with those it comes after. */
export interface Dependency {
  readonly instance: Instance;
  readonly needs: readonly Instance[];
}

/** The instances in an order in which each comes after what it needs. Throws where there is none. */
export function inOrder(instances: Instances): readonly Dependency[] {
  const needs = new Map(instances.all.map((one) => [one, dependenciesOf(one, instances)]));
  const done = new Map<Instance, Dependency>();
  const path: Instance[] = [];
  const visit = (one: Instance): void => {
    if (done.has(one)) return;
    if (path.includes(one)) {
      const cycle = [...path.slice(path.indexOf(one)), one].map(({ id }) => id.name).join(' → ');
      throw new TemplateError(`Circular dependency detected: ${cycle}. Please remove one of the dependencies.`);
    }
    path.push(one);
    const own = needs.get(one) ?? [];
    for (const needed of own) visit(needed);
    path.pop();
    done.set(one, { instance: one, needs: own });
  };
  for (const one of instances.all) visit(one);
  return [...done.values()];
}
