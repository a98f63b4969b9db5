import { createHash, createPublicKey, type KeyObject, sign, verify } from 'node:crypto';

/** What a statement of in-toto is called in an envelope (in-toto attestation framework, "Envelope"). */
export const IN_TOTO = 'application/vnd.in-toto+json';

/** A signed payload (DSSE v1, github.com/secure-systems-lab/dsse/blob/master/envelope.md). */
export interface Envelope {
  readonly payloadType: string;
  /** In base64. */
  readonly payload: string;
  readonly signatures: readonly { readonly keyid: string; readonly sig: string }[];
}

/** The payload of an envelope whose signature is right, or why nothing in it may be believed. */
export type Opened =
  | { readonly kind: 'genuine'; readonly payload: string }
  | { readonly kind: 'refused'; readonly why: string };

/** Why a key can sign no envelope here; nothing where it can: Ed25519, or ECDSA on P-256. */
export function unfit(key: KeyObject): string | undefined {
  if (key.asymmetricKeyType === 'ed25519') return undefined;
  const curve = key.asymmetricKeyDetails?.namedCurve;
  if (key.asymmetricKeyType === 'ec' && curve === 'prime256v1') return undefined;
  return `a key of ${key.asymmetricKeyType ?? key.type}${curve === undefined ? '' : ` on ${curve}`} is not taken: Ed25519 or ECDSA on P-256`;
}

/** What names a key: the SHA-256 of its public half as SPKI, in hex. A hint alone, that nobody has to believe. */
export function keyIdOf(key: KeyObject): string {
  const half = key.type === 'private' ? createPublicKey(key) : key;
  return createHash('sha256')
    .update(half.export({ type: 'spki', format: 'der' }))
    .digest('hex');
}

/** Signs a text. Throws where the key is {@link unfit}. */
export function seal(payloadType: string, text: string, key: KeyObject): Envelope {
  const why = unfit(key);
  if (why !== undefined) throw new TypeError(why);
  const sig = sign(digestFor(key), signedBytes(payloadType, text), key).toString('base64');
  return { payloadType, payload: Buffer.from(text).toString('base64'), signatures: [{ keyid: keyIdOf(key), sig }] };
}

/** Opens an envelope: its payload is given away only where a signature of it is by this key. */
export function open(envelope: unknown, payloadType: string, key: KeyObject): Opened {
  if (!isEnvelope(envelope)) return refused('it is no envelope: payloadType, payload and signatures are needed');
  const why = unfit(key);
  if (why !== undefined) return refused(why);
  if (envelope.payloadType !== payloadType)
    return refused(`its payload is of type ${JSON.stringify(envelope.payloadType)}, not ${payloadType}`);
  const payload = Buffer.from(envelope.payload, 'base64').toString();
  const bytes = signedBytes(envelope.payloadType, payload);
  const isSigned = envelope.signatures.some(({ sig }) =>
    verify(digestFor(key), bytes, key, Buffer.from(sig, 'base64')),
  );
  if (isSigned) return { kind: 'genuine', payload };
  const by = envelope.signatures.map(({ keyid }) => keyid).join(', ');
  return refused(`none of its signatures (by ${by || 'nobody'}) is by this key (${keyIdOf(key)})`);
}

/** The "pre-authentication encoding": type and text cannot be taken for one another. */
function signedBytes(payloadType: string, text: string): Buffer {
  const body = Buffer.from(text);
  return Buffer.concat([Buffer.from(`DSSEv1 ${Buffer.byteLength(payloadType)} ${payloadType} ${body.length} `), body]);
}

/** Ed25519 hashes by itself. */
function digestFor(key: KeyObject): 'sha256' | null {
  return key.asymmetricKeyType === 'ed25519' ? null : 'sha256';
}

function refused(why: string): Opened {
  return { kind: 'refused', why };
}

function isEnvelope(value: unknown): value is Envelope {
  if (typeof value !== 'object' || value === null) return false;
  const { payloadType, payload, signatures } = value as Partial<Record<keyof Envelope, unknown>>;
  return (
    typeof payloadType === 'string' &&
    typeof payload === 'string' &&
    Array.isArray(signatures) &&
    signatures.every((one) => typeof one?.sig === 'string' && typeof one.keyid === 'string')
  );
}
