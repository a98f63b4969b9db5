import type { ArmError } from '../../azure/error.ts';
import { isJsonObject, type Json, type JsonObject, objectOf } from '../../azure/json.ts';
import type { ResourceId } from '../../azure/resource-id.ts';
import type { Change, StateView } from '../../state/port.ts';
import type { VerbContext } from '../verb.ts';
import { deploymentFunctions } from './deployment-function.ts';
import { bodyOf, isDeployment, nestedBody } from './body.ts';
import { loopOf, ownFunctions, variablesOf } from './definition.ts';
import { evaluateDeep, type Scope } from './evaluate.ts';
import { type Dependency, type Instance, type Instances, instancesNamed, instancesOf, inOrder } from './instance.ts';
import { parameterValues, shownParameters } from './parameter.ts';
import { mustParse } from './resource-name.ts';
import { readTemplate, type Template } from './template.ts';
import { TemplateError } from './template-error.ts';
import { textOf } from './value.ts';
import { Work } from './work.ts';

/** What is to be deployed, and where. */
export interface DeploymentRequest {
  /** The group or subscription. */
  readonly scope: ResourceId;
  readonly name: string;
  readonly location: string | undefined;
  readonly mode: 'Incremental' | 'Complete';
  readonly template: Json | undefined;
  /** `{name: {value}}`. */
  readonly parameters: JsonObject;
}

/** One resource that was written, as it was before and as it is then, both in the template's api-version. */
export interface Step {
  readonly id: ResourceId;
  /** The operation that is under way about it. */
  readonly operation?: string;
  readonly apiVersion: string;
  readonly before: JsonObject | undefined;
  /** `undefined`: it was removed (mode Complete). */
  readonly after: JsonObject | undefined;
}

/** What is known of a deployment however it ends. */
export interface DeploymentRecord {
  readonly steps: readonly Step[];
  /** With type and value; secrets without. Empty where they were what is wrong. */
  readonly parameters: JsonObject;
  /** Every resource of the template that is wanted, with what it comes after. */
  readonly dependencies: readonly Dependency[];
}

/** What a deployment comes to. Nothing is committed. */
export interface Deployed extends DeploymentRecord {
  readonly kind: 'deployed';
  readonly changes: readonly Change[];
  readonly outputs: JsonObject;
}

/** Why a deployment cannot be: nothing of it is to be kept but the record. */
export interface DeploymentFailure extends DeploymentRecord {
  readonly kind: 'failed';
  readonly error: ArmError;
  /** The resource that was refused; absent where the template itself is wrong. */
  readonly failed?: ResourceId;
  /** The records of nested deployments that failed. */
  readonly nested: readonly Change[];
}

/** Runs a template as one pure decision over the view of `context`. */
export function deploy(context: VerbContext, request: DeploymentRequest): Deployed | DeploymentFailure {
  return attempt(context, request, (run) => run.whole());
}

/** Checks the template, its parameters, names, conditions and order, and asks no resource type (`validationLevel: Template`). */
export function checkTemplate(context: VerbContext, request: DeploymentRequest): Deployed | DeploymentFailure {
  return attempt(context, request, (run) => run.template());
}

function attempt(
  context: VerbContext,
  request: DeploymentRequest,
  work: (run: Run) => Deployed,
): Deployed | DeploymentFailure {
  let run: Run | undefined;
  try {
    run = new Run(context, request, readTemplate(request.template));
    return work(run);
  } catch (error) {
    if (!(error instanceof TemplateError)) throw error;
    const record = run?.record() ?? { steps: [], parameters: {}, dependencies: [] };
    return { kind: 'failed', error: error.toArmError(), nested: [], ...record, ...run?.refusal() };
  }
}

class Run {
  readonly #request: DeploymentRequest;
  readonly #template: Template;
  readonly #context: VerbContext;
  readonly #scope: Scope;
  readonly #work: Work;
  readonly #parameter: (name: string) => Json;
  readonly #changes: Change[] = [];
  readonly #steps: Step[] = [];
  #view: StateView;
  #instances: Instances = { all: [], skipped: [] };
  #order: readonly Dependency[] = [];
  #parameters: JsonObject = {};
  #refusal: Pick<DeploymentFailure, 'failed' | 'nested'> | undefined;

  constructor(context: VerbContext, request: DeploymentRequest, template: Template) {
    this.#work = context.work ?? new Work();
    this.#context = { ...context, work: this.#work };
    this.#view = context.view;
    this.#request = request;
    this.#template = template;
    this.#parameter = parameterValues(template, request.parameters, () => this.#scope);
    this.#scope = this.#makeScope();
  }

  whole(): Deployed {
    this.#plan();
    for (const { instance } of this.#order) if (!instance.existing) this.#write(instance);
    if (this.#request.mode === 'Complete') this.#removeOthers();
    const outputs = this.#outputs();
    return { kind: 'deployed', ...this.record(), changes: this.#changes, outputs };
  }

  template(): Deployed {
    this.#plan();
    return { kind: 'deployed', ...this.record(), changes: [], outputs: {} };
  }

  record(): DeploymentRecord {
    return { steps: this.#steps, parameters: this.#parameters, dependencies: this.#order };
  }

  refusal(): Pick<DeploymentFailure, 'failed' | 'nested'> | undefined {
    return this.#refusal;
  }

  #plan(): void {
    for (const name of Object.keys(this.#template.parameters)) this.#parameter(name);
    this.#parameters = shownParameters(this.#template, this.#parameter);
    this.#instances = instancesOf(this.#template.resources, this.#scope, this.#request.scope);
    this.#order = inOrder(this.#instances);
  }

  #makeScope(): Scope {
    const { scope, name, mode, location } = this.#request;
    const functions = deploymentFunctions({
      context: this.#context,
      scope,
      name,
      mode,
      location,
      contentVersion: this.#template.contentVersion,
      group: () => (scope.group === undefined ? undefined : this.#read(scope, '2021-04-01')),
      reference: (args) => this.#reference(args),
      list: (name, args) => this.#list(name, args),
      references: ([symbol]) =>
        this.#named(textOf('references', symbol)).map((one) => propertiesOf(this.#read(one.id, one.apiVersion))),
    });
    const own = ownFunctions(this.#template.functions, this.#work);
    const variables = variablesOf(this.#template, () => this.#scope);
    return {
      parameter: (one) => this.#parameter(one),
      variable: variables,
      deploymentFunction: functions,
      ownFunction: (one) => own.get(one),
      copies: [],
      locals: {},
      work: this.#work,
    };
  }

  #now(): VerbContext {
    return { ...this.#context, view: this.#view };
  }

  #write(instance: Instance): void {
    const { id, apiVersion } = instance;
    const body = isDeployment(instance) ? nestedBody(instance, this.#template, this.#parameter) : bodyOf(instance);
    const read = this.#context.engine.read(this.#now(), id, apiVersion);
    const written = this.#context.engine.write(this.#now(), { method: 'PUT', id, apiVersion, body });
    if (written.kind === 'refused') {
      const { error, record } = written;
      this.#refusal = { failed: id, nested: record ?? [] };
      throw new TemplateError(
        `At least one resource deployment operation failed: ${id.id}: ${error.message}`,
        'DeploymentFailed',
        [{ ...error, target: error.target ?? id.id }],
      );
    }
    this.#changes.push(...written.changes);
    this.#view = this.#view.with(written.changes);
    const before = read.kind === 'found' ? read.json : undefined;
    const { json: after, operation } = written;
    this.#steps.push({ id, apiVersion, before, after, ...(operation === undefined ? {} : { operation }) });
  }

  #read(id: ResourceId, apiVersion: string): JsonObject {
    const read = this.#context.engine.read(this.#now(), id, apiVersion);
    if (read.kind === 'found') return read.json;
    throw new TemplateError(read.error.message, read.error.code);
  }

  #named(text: string): readonly Instance[] {
    return instancesNamed(text, this.#instances.all);
  }

  /** What a function refers to: a resource of the template by its symbol or name, or any by its id. */
  #target(name: string, [target, version]: readonly Json[]): Pick<Instance, 'id' | 'apiVersion'> {
    const text = textOf(name, target);
    const [instance] = this.#named(text);
    if (instance === undefined && !text.startsWith('/'))
      throw new TemplateError(
        `The template function '${name}' refers to '${text}', which is not in the template or not deployed by it (its condition is false).`,
      );
    const id = instance?.id ?? mustParse(text);
    const own = instance?.apiVersion ?? this.#context.engine.newestApiVersion(id.type) ?? '';
    return { id, apiVersion: typeof version === 'string' ? version : own };
  }

  #list(name: string, args: readonly Json[]): Json {
    if (args.length < 1 || args.length > 3)
      throw new TemplateError(
        `The template language function '${name}' expects 1 to 3 arguments, and was given ${args.length}.`,
      );
    const { id, apiVersion } = this.#target(name, args);
    const listed = this.#context.engine.list(this.#now(), id, { apiVersion, name });
    if (listed.kind === 'refused') throw new TemplateError(listed.error.message, listed.error.code);
    this.#changes.push(...listed.changes);
    this.#view = this.#view.with(listed.changes);
    return listed.json;
  }

  #reference(args: readonly Json[]): Json {
    const [, , full] = args;
    const { id, apiVersion } = this.#target('reference', args);
    const json = this.#read(id, apiVersion);
    return typeof full === 'string' && full.toLowerCase() === 'full' ? json : propertiesOf(json);
  }

  #outputs(): JsonObject {
    return Object.fromEntries(
      Object.entries(this.#template.outputs).flatMap(([name, raw]) => {
        const { type, value, condition, copy } = objectOf(raw);
        if (condition !== undefined && evaluateDeep(condition, this.#scope) === false) return [];
        const kind = typeof type === 'string' ? type.charAt(0).toUpperCase() + type.slice(1) : 'Object';
        if (kind.toLowerCase().startsWith('secure')) return [[name, { type: kind }]];
        const shown = isJsonObject(copy) ? loopOf(name, copy, this.#scope) : evaluateDeep(value, this.#scope);
        return shown === null && value !== undefined && objectOf(raw)['nullable'] === true
          ? []
          : [[name, { type: kind, value: shown }]];
      }),
    );
  }

  /** Mode Complete: what the group has and the template has not, goes. */
  #removeOthers(): void {
    const { scope } = this.#request;
    if (scope.group === undefined) return;
    const kept = this.#instances.all.map(({ id }) => id.key);
    let left = this.#view
      .below(scope.key)
      .filter(
        ({ key, type }) =>
          topLevel(scope, key) && type !== 'microsoft.resources/deployments' && !kept.some((one) => one === key),
      );
    for (;;) {
      const again = left.filter(({ id }) => !this.#remove(mustParse(id)));
      if (again.length === 0) return;
      const [first] = again;
      if (again.length === left.length && first !== undefined) {
        const refused = this.#context.engine.remove(this.#now(), mustParse(first.id));
        const error = refused.kind === 'refused' ? refused.error : undefined;
        throw new TemplateError(
          `The resource '${first.id}' cannot be removed: ${error?.message ?? ''}`,
          'DeploymentFailed',
          error === undefined ? [] : [error],
        );
      }
      left = again;
    }
  }

  #remove(id: ResourceId): boolean {
    const before = this.#view.get(id.key);
    const version = this.#context.engine.newestApiVersion(id.type) ?? '';
    const read = before === undefined ? undefined : this.#context.engine.read(this.#now(), id, version);
    const removed = this.#context.engine.remove(this.#now(), id);
    if (removed.kind === 'refused') return false;
    if (removed.kind === 'absent') return true;
    this.#changes.push(...removed.changes);
    this.#view = this.#view.with(removed.changes);
    this.#steps.push({ id, apiVersion: version, before: read?.kind === 'found' ? read.json : {}, after: undefined });
    return true;
  }
}

function topLevel(scope: ResourceId, key: string): boolean {
  return key.slice(scope.key.length).split('/').length === 5;
}

function propertiesOf(json: JsonObject): Json {
  return json['properties'] ?? {};
}
