import type { Json } from '../../azure/json.ts';
import { ARRAY_FUNCTIONS } from './function-array.ts';
import { DATE_FUNCTIONS } from './function-date.ts';
import { LOGIC_FUNCTIONS } from './function-logic.ts';
import { NETWORK_FUNCTIONS } from './function-network.ts';
import { TEXT_FUNCTIONS } from './function-text.ts';

/** A function of its arguments alone. */
export type PureFunction = (args: readonly Json[]) => Json;

/** Every function that needs nothing of the deployment, by its name in lower case. */
export const PURE_FUNCTIONS: ReadonlyMap<string, PureFunction> = new Map(
  Object.entries({
    ...ARRAY_FUNCTIONS,
    ...DATE_FUNCTIONS,
    ...LOGIC_FUNCTIONS,
    ...NETWORK_FUNCTIONS,
    ...TEXT_FUNCTIONS,
  }).map(([name, run]) => [name.toLowerCase(), run]),
);
