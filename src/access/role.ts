/** A role's permissions: action patterns as Azure writes them, where `*` stands for any text. */
export interface RolePermissions {
  readonly actions: readonly string[];
  readonly notActions: readonly string[];
}

/** Whether a role allows an action such as `Microsoft.Network/virtualNetworks/write`; case does not matter. */
export function permits({ actions, notActions }: RolePermissions, action: string): boolean {
  const fits = (pattern: string): boolean => matchesAction(pattern, action);
  return actions.some(fits) && !notActions.some(fits);
}

function matchesAction(pattern: string, action: string): boolean {
  const [first = '', ...rest] = pattern.toLowerCase().split('*');
  let left = action.toLowerCase();
  if (!left.startsWith(first)) return false;
  left = left.slice(first.length);
  const last = rest.pop();
  if (last === undefined) return left === '';
  for (const part of rest) {
    const at = left.indexOf(part);
    if (at < 0) return false;
    left = left.slice(at + part.length);
  }
  return left.endsWith(last);
}
