/** A secret, and what it is in words that may be told. */
export interface NamedSecret {
  readonly kind: string;
  readonly secret: string;
}

/** Members of JSON and of forms that are secrets wherever they stand, by their name in lower case. */
const SECRET_MEMBERS: ReadonlyMap<string, string> = new Map([
  ['password', 'a password'],
  ['adminpassword', 'a password of an administrator'],
  ['secret', 'the secret of a principal'],
  ['secrettext', 'the secret of a principal'],
  ['clientsecret', 'the secret of a principal'],
  ['client_secret', 'the secret of a principal'],
  ['client_assertion', 'a federated token'],
  ['access_token', 'an access token'],
  ['accesstoken', 'an access token'],
  ['id_token', 'an id token'],
  ['refresh_token', 'a refresh token'],
  ['device_code', 'a device code'],
  ['securevalue', 'a secure value of a container'],
]);

/** Every secret in a body of JSON or of a form, told apart by how it begins; none in any other. */
export function secretsOfBody(text: string): readonly NamedSecret[] {
  if (/^\s*[{[]/.test(text)) return ofValue(parsed(text));
  return /^\w+=/.test(text) ? [...new URLSearchParams(text)].flatMap(([name, value]) => ofMember(name, value)) : [];
}

function parsed(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return undefined;
  }
}

/** Without recursion: tests send what is nested without end. */
function ofValue(value: unknown): readonly NamedSecret[] {
  const found: NamedSecret[] = [];
  const left = [value];
  while (left.length > 0) {
    const next = left.pop();
    if (typeof next !== 'object' || next === null) continue;
    for (const [name, member] of Object.entries(next)) {
      const own = ofMember(name, member);
      found.push(...own);
      if (own.length === 0) left.push(member);
    }
  }
  return found;
}

function ofMember(name: string, value: unknown): readonly NamedSecret[] {
  const kind = SECRET_MEMBERS.get(name.toLowerCase());
  if (kind !== undefined && typeof value === 'string') return [{ kind, secret: value }];
  if (name === 'passwords' && Array.isArray(value)) return allTexts(value, 'value', 'a password of a registry');
  if (name === 'customHeaders') return allTexts([value], undefined, 'a header of a webhook');
  if (name === 'serviceUri' && typeof value === 'string') return ofReceiver(value);
  return [];
}

/** The texts of objects' members: those of one name, or all. */
function allTexts(objects: readonly unknown[], only: string | undefined, kind: string): readonly NamedSecret[] {
  return objects.flatMap((one) =>
    typeof one !== 'object' || one === null
      ? []
      : Object.entries(one).flatMap(([name, secret]) =>
          typeof secret === 'string' && (only ?? name) === name ? [{ kind, secret }] : [],
        ),
  );
}

/** Where a webhook goes may hold a login, or a key in its query. */
function ofReceiver(uri: string): readonly NamedSecret[] {
  if (!URL.canParse(uri)) return [];
  const { password, searchParams } = new URL(uri);
  return [decodeURIComponent(password), ...searchParams.values()]
    .filter((secret) => secret !== '')
    .map((secret) => ({ kind: 'what is in the URI of a webhook', secret }));
}

/** What an `Authorization` header hands over; nothing where it is of no scheme that is known. */
export function secretsOfAuthorization(header: string): readonly NamedSecret[] {
  const [, scheme = '', value = ''] = /^(\w+) +(\S+)$/.exec(header) ?? [];
  if (scheme.toLowerCase() === 'bearer') return [{ kind: 'a bearer token', secret: value }];
  if (scheme.toLowerCase() !== 'basic') return [];
  const [, password = ''] = /^[^:]*:(.*)$/s.exec(Buffer.from(value, 'base64').toString()) ?? [];
  return [
    { kind: 'the header of a login', secret: value },
    { kind: 'a password', secret: password },
  ];
}
