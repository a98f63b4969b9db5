import { parseResourceId, type ResourceId } from '../../azure/resource-id.ts';
import { TemplateError } from './template-error.ts';

/** `Microsoft.Network/virtualNetworks/subnets` and `v`, `s` below a scope: the id, as `resourceId` gives it. */
export function idBelow(scope: string, type: string, names: readonly string[]): string {
  const [namespace = '', ...types] = type.split('/');
  if (types.length !== names.length || types.length === 0)
    throw new TemplateError(
      `Unable to evaluate a resource id: the type '${type}' requires ${types.length} resource name(s), and there are ${names.length}: '${names.join('/')}'.`,
    );
  const lower = type.toLowerCase();
  if (lower === 'microsoft.resources/resourcegroups' || lower === 'microsoft.resources/subscriptions/resourcegroups')
    return `${scope}/resourceGroups/${names.at(-1) ?? ''}`;
  return `${scope === '/' ? '' : scope}/providers/${namespace}${types.map((one, i) => `/${one}/${names[i] ?? ''}`).join('')}`;
}

/** An id that has to be one. */
export function mustParse(id: string): ResourceId {
  const parsed = parseResourceId(id);
  if (parsed === undefined) throw new TemplateError(`'${id}' is not a resource id.`);
  return parsed;
}
