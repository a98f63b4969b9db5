import type { Migrations } from '../../sqlite/migrate.ts';

/** The schema of `directory.db`. Times are ms since the epoch; `principal` is what `formatPrincipal` writes. */
export const DIRECTORY_MIGRATIONS: Migrations = [
  `
  CREATE TABLE tenant (
    id INTEGER PRIMARY KEY CHECK (id = 1),
    tenant_id TEXT NOT NULL,
    subscription_id TEXT NOT NULL
  ) STRICT;
  CREATE TABLE registry (
    uid TEXT PRIMARY KEY,
    name TEXT NOT NULL UNIQUE,
    created_ms INTEGER NOT NULL
  ) STRICT, WITHOUT ROWID;
  CREATE TABLE service_principal (
    client_id TEXT PRIMARY KEY,
    object_id TEXT NOT NULL UNIQUE,
    role TEXT NOT NULL CHECK (role = 'owner'),
    created_ms INTEGER NOT NULL
  ) STRICT, WITHOUT ROWID;
  CREATE TABLE credential (
    principal TEXT NOT NULL,
    slot TEXT NOT NULL,
    version TEXT NOT NULL,
    hash BLOB NOT NULL CHECK (length(hash) = 32),
    sealed TEXT,
    registry TEXT REFERENCES registry (uid) ON DELETE CASCADE,
    created_ms INTEGER NOT NULL,
    expires_ms INTEGER,
    PRIMARY KEY (principal, slot)
  ) STRICT, WITHOUT ROWID;
  CREATE INDEX credential_of_registry ON credential (registry);
  `,
  `
  CREATE TABLE service_principal_2 (
    client_id TEXT PRIMARY KEY,
    object_id TEXT NOT NULL UNIQUE,
    application_id TEXT NOT NULL UNIQUE,
    display_name TEXT NOT NULL,
    role TEXT NOT NULL CHECK (role IN ('owner', 'member')),
    created_ms INTEGER NOT NULL
  ) STRICT, WITHOUT ROWID;
  INSERT INTO service_principal_2
    SELECT client_id, object_id, lower(hex(randomblob(4))) || '-' || lower(hex(randomblob(2))) || '-4' ||
      substr(lower(hex(randomblob(2))), 2) || '-8' || substr(lower(hex(randomblob(2))), 2) || '-' ||
      lower(hex(randomblob(6))), 'owner', role, created_ms
    FROM service_principal;
  DROP TABLE service_principal;
  ALTER TABLE service_principal_2 RENAME TO service_principal;
  `,
  `
  CREATE TABLE user (
    object_id TEXT PRIMARY KEY,
    name TEXT NOT NULL UNIQUE,
    display_name TEXT NOT NULL,
    created_ms INTEGER NOT NULL
  ) STRICT, WITHOUT ROWID;
  CREATE TABLE federated_credential (
    id TEXT PRIMARY KEY,
    client_id TEXT NOT NULL REFERENCES service_principal (client_id) ON DELETE CASCADE,
    name TEXT NOT NULL,
    issuer TEXT NOT NULL,
    subject TEXT NOT NULL,
    audience TEXT NOT NULL,
    created_ms INTEGER NOT NULL,
    UNIQUE (client_id, name)
  ) STRICT, WITHOUT ROWID;
  `,
];
