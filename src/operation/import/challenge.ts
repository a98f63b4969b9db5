/** A challenge that sends to a token endpoint (distribution, "Token Authentication"). */
export interface BearerChallenge {
  readonly realm: string;
  readonly service: string | undefined;
  readonly scopes: readonly string[];
}

/** Reads `Bearer realm="…",service="…",scope="…"`; `undefined` for anything else, or a realm that is no URL. */
export function parseBearerChallenge(header: string): BearerChallenge | undefined {
  if (!/^bearer\s/i.test(header)) return undefined;
  const parameters = new Map<string, string>();
  for (const [, name = '', quoted, plain] of header.slice(7).matchAll(/([\w-]+)=(?:"((?:[^"\\]|\\.)*)"|([^\s,"]+))/g))
    parameters.set(name.toLowerCase(), (quoted ?? plain ?? '').replaceAll(/\\(.)/g, '$1'));
  const realm = parameters.get('realm') ?? '';
  if (!URL.canParse(realm)) return undefined;
  const scopes = (parameters.get('scope') ?? '').split(' ').filter((scope) => scope !== '');
  return { realm, service: parameters.get('service'), scopes };
}
