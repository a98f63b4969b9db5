import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { X509Certificate } from 'node:crypto';
import type { Directory } from '../directory/port.ts';
import type { WorkStore } from '../operation/port.ts';
import type { State, StoredResource } from '../state/port.ts';
import type { Log } from '../telemetry/log.ts';
import { forgetLeaf, prepareAuthority, promoteAuthority } from '../trust/local-certificate.ts';
import type { SecretBox } from '../trust/secret-box.ts';
import type { SigningKeyRing } from '../trust/signing-key-ring.ts';
import { secretsOf } from './stores.ts';

/** What can be replaced while the server serves. */
export const KEY_KINDS = ['signing', 'secret-box', 'certificate', 'authority'] as const;
export type KeyKind = (typeof KEY_KINDS)[number];

/** What keys are replaced with. */
export interface KeyServices {
  readonly keys: SigningKeyRing;
  readonly box: SecretBox;
  readonly directory: Pick<Directory, 'reseal'>;
  readonly state: State;
  readonly work: Pick<WorkStore, 'running'>;
  /** Where certificates and their authority are. */
  readonly trust: string;
  /** Whether the server shows certificates of its own authority; it makes those alone. */
  readonly ownCertificates: boolean;
  /** Looks at the certificates anew: what changed is shown from the next handshake on. */
  readonly refreshCertificates: () => Promise<void>;
  readonly now: () => number;
}

/** The outcome: `done` says what holds now, and what is left to do. */
export type Rotated =
  | { readonly kind: 'done'; readonly done: string }
  | { readonly kind: 'refused'; readonly why: string };

/** Replaces one kind of key. Requests under way, tokens in use and open connections go on. */
export async function rotateKeys(services: KeyServices, kind: KeyKind): Promise<Rotated> {
  switch (kind) {
    case 'signing':
      await services.keys.rotate(services.now());
      return done('a new key signs tokens; those of the one before are taken until they end, for 25 hours at most');
    case 'secret-box':
      return rotateSecretBox(services);
    case 'certificate':
      return rotateCertificate(services);
    case 'authority':
      return rotateAuthority(services);
  }
}

async function rotateSecretBox({ box, directory, state, work }: KeyServices): Promise<Rotated> {
  if (work.running().length > 0)
    return refused('imports are running, whose passwords are sealed with the key; try again when they have ended');
  await box.rotate(async () => {
    await directory.reseal();
    await state.commit((view) => ({
      value: undefined,
      changes: view
        .ofType('microsoft.containerregistry/registries/webhooks')
        .concat(view.ofType('microsoft.compute/virtualmachines'))
        .filter(holdsSecret)
        .map((resource) => ({ kind: 'put', resource })),
    }));
  });
  return done('every kept secret is sealed with a new key, and the one before is forgotten; make a backup anew');
}

function holdsSecret({ type, properties }: StoredResource): boolean {
  return secretsOf(type).some((name) => properties[name] !== undefined);
}

async function rotateCertificate({ trust, ownCertificates, refreshCertificates }: KeyServices): Promise<Rotated> {
  if (!ownCertificates) return refused(OPERATORS);
  for (const file of ['server', 'data'] as const) await forgetLeaf(trust, file);
  await refreshCertificates();
  return done('new certificates are shown from the next handshake on');
}

async function rotateAuthority(services: KeyServices): Promise<Rotated> {
  const { trust, ownCertificates, refreshCertificates, now } = services;
  if (!ownCertificates) return refused(OPERATORS);
  if (await prepareAuthority(trust, now()))
    return done(
      `the next authority is there, and ${join(trust, 'ca.pem')} holds both; let clients trust that file anew (seawall env --trust …), and then run this again: the next one takes over`,
    );
  await promoteAuthority(trust);
  await refreshCertificates();
  return done('the prepared authority has taken over, and certificates of it are shown from the next handshake on');
}

const OPERATORS = 'the certificates are yours: write a new pair into the files of tlsCert and tlsKey, and it is shown';

/** When a key was made, or a certificate ends, for `seawall keys list`. */
export interface KeyShown {
  readonly kind: KeyKind;
  readonly what: string;
}

/** What there is of each kind. */
export async function listKeys({ keys, trust, ownCertificates, now }: KeyServices): Promise<readonly KeyShown[]> {
  const signing = keys.jwks(now()).keys.map(({ kid }, i, all): KeyShown => {
    return { kind: 'signing', what: `${kid}, ${i === all.length - 1 ? 'signs' : 'verifies what it signed'}` };
  });
  if (!ownCertificates) return signing;
  const shown = async (kind: KeyKind, file: string): Promise<readonly KeyShown[]> => {
    const text = await readFile(join(trust, file), 'utf8').catch(() => '');
    const found = text.match(/-----BEGIN CERTIFICATE-----[\s\S]+?-----END CERTIFICATE-----/g) ?? [];
    return found.map((pem) => {
      const { subject, validTo } = new X509Certificate(pem);
      return { kind, what: `${subject.replaceAll('\n', ', ')}, until ${new Date(validTo).toISOString().slice(0, 10)}` };
    });
  };
  return [...signing, ...(await shown('certificate', 'server.pem')), ...(await shown('authority', 'ca.pem'))];
}

const DAY_MS = 86_400_000;

/** Replaces the key that signs tokens when it is 90 days old, as an open of the ring does, while the server runs. */
export function startKeyRotation(keys: SigningKeyRing, log: Pick<Log, 'event'>, now: () => number): Disposable {
  const timer = setInterval(() => {
    keys.rotateIfOld(now()).catch((error: unknown) => log.event({ event: 'task-failed', task: 'key-rotation', error }));
  }, DAY_MS);
  timer.unref();
  return { [Symbol.dispose]: () => clearInterval(timer) };
}

function done(text: string): Rotated {
  return { kind: 'done', done: text };
}

function refused(why: string): Rotated {
  return { kind: 'refused', why };
}
