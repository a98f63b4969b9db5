import { withoutSlash } from './services.ts';

/** What a token is asked for. */
export interface ResourceScope {
  /** The text as it was sent: clients find their tokens again by it. */
  readonly text: string;
  /** The resource, without a slash at its end; absent where only the identity was asked for. */
  readonly resource: string | undefined;
  /** Whether an id token is wanted. */
  readonly openid: boolean;
  /** Whether a refresh token is wanted. */
  readonly offline: boolean;
}

/** Scopes that are about the person and not about a resource (OpenID Connect Core 1.0 §5.4, §11). */
const OF_IDENTITY = ['openid', 'profile', 'email', 'offline_access'];

/** Reads a `scope`: permissions of one resource at most, such as `https://host//.default openid`. `undefined`: of several. */
export function parseScope(text: string): ResourceScope | undefined {
  const words = text.split(' ').filter((word) => word !== '');
  const resources = new Set(words.filter((word) => !OF_IDENTITY.includes(word)).map(resourceOf));
  const [resource] = resources;
  if (resources.size > 1 || resource === '') return undefined;
  return { text, resource, openid: words.includes('openid'), offline: words.includes('offline_access') };
}

/** The resource that a permission is of: what stands before its last slash, where it is a URL; '' for anything else. */
function resourceOf(scope: string): string {
  const cut = scope.lastIndexOf('/');
  const resource = withoutSlash(scope.slice(0, Math.max(0, cut)));
  return URL.canParse(resource) ? resource : '';
}
