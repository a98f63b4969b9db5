/** Who calls, as far as a credential proves it. Registries are named by uid, so a re-created namesake has other principals. */
export type Principal =
  | { readonly kind: 'service-principal'; readonly clientId: string }
  | { readonly kind: 'user'; readonly objectId: string }
  | { readonly kind: 'admin-user'; readonly registry: string }
  | { readonly kind: 'registry-token'; readonly registry: string; readonly name: string }
  | { readonly kind: 'anonymous' };

/** A principal as one text, such as `registry-token/<registry uid>/<name>`: the key of its credentials, and a claim of tokens. */
export function formatPrincipal(principal: Principal): string {
  switch (principal.kind) {
    case 'service-principal':
      return `service-principal/${principal.clientId}`;
    case 'user':
      return `user/${principal.objectId}`;
    case 'admin-user':
      return `admin-user/${principal.registry}`;
    case 'registry-token':
      return `registry-token/${principal.registry}/${principal.name}`;
    case 'anonymous':
      return 'anonymous';
  }
}

/** Reads what {@link formatPrincipal} wrote; `undefined` for any other text. */
export function parsePrincipal(text: string): Principal | undefined {
  const [kind, first, second, ...more] = text.split('/');
  if (more.length > 0 || first === '' || second === '') return undefined;
  if (kind === 'registry-token')
    return first === undefined || second === undefined ? undefined : { kind, registry: first, name: second };
  if (second !== undefined) return undefined;
  if (first === undefined) return kind === 'anonymous' ? { kind } : undefined;
  if (kind === 'service-principal') return { kind, clientId: first };
  if (kind === 'user') return { kind, objectId: first };
  return kind === 'admin-user' ? { kind, registry: first } : undefined;
}
