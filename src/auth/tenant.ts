import { refuseOauth } from '../http/oauth-reply.ts';
import type { Reply } from '../http/reply.ts';
import type { AuthServices } from './services.ts';

/** Names by which clients call the one tenant of a server, beside its id (facts/acr.md §4.1). */
const ALIASES: ReadonlySet<string> = new Set(['adfs', 'common', 'organizations']);

/** The refusal of a tenant that this authority is not; `undefined` when it is. Names are compared without regard to case. */
export function wrongTenant({ directory }: Pick<AuthServices, 'directory'>, tenant: string): Reply | undefined {
  const { tenantId } = directory.snapshot();
  const named = tenant.toLowerCase();
  if (named === tenantId || ALIASES.has(named)) return undefined;
  const description = `Tenant '${tenant}' not found. The tenant of this server is '${tenantId}'.`;
  return refuseOauth({ error: 'invalid_request', code: 90002, description });
}
