import { randomUUID } from 'node:crypto';
import { formatPrincipal, type Principal } from '../../access/principal.ts';
import type { Database } from '../../sqlite/database.ts';
import type { Credential, CredentialSlot, Sealer } from '../port.ts';
import { hashSecret } from '../secret.ts';

/** A secret to be stored in place of the one in its slot; with `sealer` it can be shown again. */
export interface SecretToPut {
  readonly principal: Principal;
  readonly slot: CredentialSlot;
  readonly secret: string;
  readonly sealer?: Sealer;
  readonly nowMs: number;
  readonly expiresMs?: number | undefined;
}

interface Row {
  readonly principal: string;
  readonly slot: CredentialSlot;
  readonly version: string;
  readonly hash: Uint8Array;
  readonly created_ms: number;
  readonly expires_ms: number | null;
}

const COLUMNS = 'principal, slot, version, hash, created_ms, expires_ms';

/** Stores a secret under a new version. */
export function putSecret(database: Database, put: SecretToPut): void {
  const { principal, slot, secret } = put;
  const registry = 'registry' in principal ? principal.registry : null;
  database.run(
    `INSERT OR REPLACE INTO credential (${COLUMNS}, sealed, registry) VALUES (?, ?, ?, ?, ?, ?, ?, ?)`,
    formatPrincipal(principal),
    slot,
    randomUUID(),
    hashSecret(secret),
    put.nowMs,
    put.expiresMs ?? null,
    put.sealer?.seal(secret, placeOf(principal, slot)) ?? null,
    registry,
  );
}

/** A secret that was sealed; `undefined` when there is none in that slot, or only its hash. */
export function openSecret(
  database: Database,
  sealer: Sealer,
  { principal, slot }: Pick<SecretToPut, 'principal' | 'slot'>,
): string | undefined {
  const row = database.get<{ sealed: string | null }>(
    'SELECT sealed FROM credential WHERE principal = ? AND slot = ?',
    formatPrincipal(principal),
    slot,
  );
  return typeof row?.sealed !== 'string' ? undefined : sealer.open(row.sealed, placeOf(principal, slot));
}

/** Opens and seals again every secret that was sealed; says how many. */
export function resealSecrets(database: Database, sealer: Sealer): number {
  const rows = database.all<{ principal: string; slot: string; sealed: string }>(
    'SELECT principal, slot, sealed FROM credential WHERE sealed IS NOT NULL',
  );
  for (const { principal, slot, sealed } of rows) {
    const place = `${principal}#${slot}`;
    const again = sealer.seal(sealer.open(sealed, place), place);
    database.run('UPDATE credential SET sealed = ? WHERE principal = ? AND slot = ?', again, principal, slot);
  }
  return rows.length;
}

/** Every credential, by its principal's text. */
export function readCredentials(database: Database): ReadonlyMap<string, readonly Credential[]> {
  const rows = database.all<Row>(`SELECT ${COLUMNS} FROM credential ORDER BY principal, slot`);
  return new Map(
    Map.groupBy(rows, (row) => row.principal)
      .entries()
      .map(([key, own]) => [key, own.map(toCredential)]),
  );
}

function placeOf(principal: Principal, slot: CredentialSlot): string {
  return `${formatPrincipal(principal)}#${slot}`;
}

function toCredential(row: Row): Credential {
  return {
    slot: row.slot,
    version: row.version,
    hash: Buffer.from(row.hash),
    createdMs: row.created_ms,
    ...(row.expires_ms === null ? {} : { expiresMs: row.expires_ms }),
  };
}
