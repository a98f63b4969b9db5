import { isJsonObject, type Json } from '../../azure/json.ts';
import { TemplateError } from './template-error.ts';

/** Steps of evaluation in one deployment, nested ones included: about half a second, in which the server does nothing else. */
const MOST_STEPS = 5_000_000;
/** How large one value may be, in characters and members, however often it holds the same part. */
const MOST_SIZE = 4 * 1024 * 1024;
/** How deep values, expressions and calls may nest. */
export const MOST_DEPTH = 200;
/** Resources in one deployment, those of nested ones included. */
const MOST_RESOURCES = 2000;

interface Extent {
  readonly size: number;
  readonly depth: number;
}

/**
 * What the evaluation of a deployment may still take. A template is a program of whoever may deploy, and runs as one
 * decision, so its time, its memory and its depth are bounded here and nowhere else.
 */
export class Work {
  #steps = MOST_STEPS;
  #depth = 0;
  #resources = 0;
  /** Of objects and arrays: shared parts are measured once, and count as often as they are there. */
  readonly #extents = new WeakMap<object, Extent>();

  /** Counts steps. Throws a {@link TemplateError} when there are too many. */
  spend(steps: number): void {
    this.#steps -= steps;
    if (this.#steps < 0) throw new TemplateError(`The template takes more than ${MOST_STEPS} steps to evaluate.`);
  }

  /** Runs what may call itself again. */
  nested<T>(run: () => T): T {
    if (this.#depth >= MOST_DEPTH)
      throw new TemplateError(
        `The template nests more than ${MOST_DEPTH} calls, or a variable or function of it refers to itself.`,
      );
    this.#depth += 1;
    try {
      return run();
    } finally {
      this.#depth -= 1;
    }
  }

  /** Counts resources that are to be deployed. */
  deploy(count: number): void {
    this.#resources += count;
    if (this.#resources > MOST_RESOURCES)
      throw new TemplateError(
        `The deployment and those nested in it have more than ${MOST_RESOURCES} resources.`,
        'InvalidTemplate',
      );
  }

  /** Refuses what would be larger than a value may be, before it is made. */
  expect(size: number): void {
    if (!(size <= MOST_SIZE))
      throw new TemplateError(`A value of the template would be larger than ${MOST_SIZE} characters and members.`);
    this.spend(size);
  }

  /** The value, when it is not too large or too deep. */
  keep(value: Json): Json {
    const { size, depth } = this.#extentOf(value, 0);
    if (depth > MOST_DEPTH) throw new TemplateError(`A value of the template nests deeper than ${MOST_DEPTH} levels.`);
    if (size > MOST_SIZE)
      throw new TemplateError(`A value of the template is larger than ${MOST_SIZE} characters and members.`);
    return value;
  }

  /** How large a value is, however deep. */
  sizeOf(value: Json | undefined): number {
    return value === undefined ? 0 : this.#extentOf(value, 0).size;
  }

  #extentOf(value: Json, level: number): Extent {
    if (typeof value === 'string') return { size: value.length + 1, depth: 0 };
    if (typeof value !== 'object' || value === null) return { size: 1, depth: 0 };
    const known = this.#extents.get(value);
    if (known !== undefined) return known;
    if (level > MOST_DEPTH) return { size: 1, depth: 1 };
    let size = 1;
    let depth = 0;
    let members = 0;
    const add = (one: Json): void => {
      const extent = this.#extentOf(one, level + 1);
      members += 1;
      size += extent.size;
      depth = Math.max(depth, extent.depth);
    };
    if (isJsonObject(value))
      for (const [key, one] of Object.entries(value)) {
        size += key.length;
        add(one ?? null);
      }
    else for (const one of value) add(one);
    const extent = { size, depth: depth + 1 };
    this.#extents.set(value, extent);
    this.spend(members);
    return extent;
  }
}
