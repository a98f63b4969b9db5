/**
 * The schema of content in SQLite, version by version; a step, once released, never changes. Times are ms since the
 * epoch, sizes bytes. Text is compared byte by byte (BINARY), which is the order of every list. Ids are never reused
 * (AUTOINCREMENT), so one read earlier never means another row later.
 *
 * What keeps every page at one price: each list has an index in its own order that holds only what may be listed.
 */
export const CONTENT_SCHEMA: readonly string[] = [
  `
  CREATE TABLE registry (
    id INTEGER PRIMARY KEY AUTOINCREMENT,
    uid TEXT NOT NULL UNIQUE,
    bytes INTEGER NOT NULL DEFAULT 0,
    repositories INTEGER NOT NULL DEFAULT 0,
    manifests INTEGER NOT NULL DEFAULT 0,
    tags INTEGER NOT NULL DEFAULT 0
  ) STRICT;

  CREATE TABLE repository (
    id INTEGER PRIMARY KEY AUTOINCREMENT,
    registry INTEGER NOT NULL REFERENCES registry,
    name TEXT NOT NULL,
    created_ms INTEGER NOT NULL,
    updated_ms INTEGER NOT NULL,
    manifests INTEGER NOT NULL DEFAULT 0,
    tags INTEGER NOT NULL DEFAULT 0,
    delete_enabled INTEGER NOT NULL DEFAULT 1,
    write_enabled INTEGER NOT NULL DEFAULT 1,
    list_enabled INTEGER NOT NULL DEFAULT 1,
    read_enabled INTEGER NOT NULL DEFAULT 1,
    UNIQUE (registry, name)
  ) STRICT;
  CREATE INDEX repository_listed ON repository (registry, name) WHERE list_enabled = 1;

  -- Bytes are kept once however many registries hold them.
  CREATE TABLE blob (
    id INTEGER PRIMARY KEY AUTOINCREMENT,
    digest TEXT NOT NULL UNIQUE,
    size INTEGER NOT NULL,
    locator TEXT NOT NULL UNIQUE
  ) STRICT;

  CREATE TABLE link (
    repository INTEGER NOT NULL REFERENCES repository,
    blob INTEGER NOT NULL REFERENCES blob,
    PRIMARY KEY (repository, blob)
  ) STRICT, WITHOUT ROWID;
  CREATE INDEX link_of_blob ON link (blob);

  -- How many repositories of a registry link a blob: what its usage counts once, and whether a blob is the last.
  CREATE TABLE holding (
    registry INTEGER NOT NULL REFERENCES registry,
    blob INTEGER NOT NULL REFERENCES blob,
    links INTEGER NOT NULL,
    PRIMARY KEY (registry, blob)
  ) STRICT, WITHOUT ROWID;
  CREATE INDEX holding_of_blob ON holding (blob);

  -- The bytes of a manifest come last, so that a row's other columns are read without them.
  CREATE TABLE manifest (
    id INTEGER PRIMARY KEY AUTOINCREMENT,
    repository INTEGER NOT NULL REFERENCES repository,
    digest TEXT NOT NULL,
    media_type TEXT NOT NULL,
    size INTEGER NOT NULL,
    image_size INTEGER NOT NULL,
    artifact_type TEXT,
    architecture TEXT,
    os TEXT,
    subject TEXT,
    annotations TEXT,
    created_ms INTEGER NOT NULL,
    updated_ms INTEGER NOT NULL,
    delete_enabled INTEGER NOT NULL DEFAULT 1,
    write_enabled INTEGER NOT NULL DEFAULT 1,
    list_enabled INTEGER NOT NULL DEFAULT 1,
    read_enabled INTEGER NOT NULL DEFAULT 1,
    content BLOB NOT NULL,
    UNIQUE (repository, digest)
  ) STRICT;
  CREATE INDEX manifest_listed ON manifest (repository, digest) WHERE list_enabled = 1;
  CREATE INDEX manifest_by_time ON manifest (repository, updated_ms, digest) WHERE list_enabled = 1;
  CREATE INDEX manifest_of_subject ON manifest (repository, subject, digest) WHERE list_enabled = 1 AND subject IS NOT NULL;
  CREATE INDEX manifest_of_subject_and_type ON manifest (repository, subject, artifact_type, digest)
    WHERE list_enabled = 1 AND subject IS NOT NULL;
  CREATE INDEX manifest_locked ON manifest (repository) WHERE delete_enabled = 0 OR write_enabled = 0;

  -- The blobs that a manifest names, present or (sparse) not.
  CREATE TABLE reference (
    repository INTEGER NOT NULL,
    digest TEXT NOT NULL,
    manifest INTEGER NOT NULL REFERENCES manifest ON DELETE CASCADE,
    PRIMARY KEY (repository, digest, manifest)
  ) STRICT, WITHOUT ROWID;
  CREATE INDEX reference_of_manifest ON reference (manifest);

  CREATE TABLE tag (
    repository INTEGER NOT NULL REFERENCES repository,
    name TEXT NOT NULL,
    manifest INTEGER NOT NULL REFERENCES manifest,
    created_ms INTEGER NOT NULL,
    updated_ms INTEGER NOT NULL,
    delete_enabled INTEGER NOT NULL DEFAULT 1,
    write_enabled INTEGER NOT NULL DEFAULT 1,
    list_enabled INTEGER NOT NULL DEFAULT 1,
    read_enabled INTEGER NOT NULL DEFAULT 1,
    PRIMARY KEY (repository, name)
  ) STRICT, WITHOUT ROWID;
  CREATE INDEX tag_listed ON tag (repository, name) WHERE list_enabled = 1;
  CREATE INDEX tag_by_time ON tag (repository, updated_ms, name) WHERE list_enabled = 1;
  CREATE INDEX tag_of_manifest ON tag (manifest, name);
  CREATE INDEX tag_locked ON tag (repository) WHERE delete_enabled = 0 OR write_enabled = 0;

  -- An upload belongs to a repository that need not exist yet.
  CREATE TABLE upload (
    id TEXT PRIMARY KEY,
    registry TEXT NOT NULL,
    repository TEXT NOT NULL,
    algorithm TEXT NOT NULL,
    started_ms INTEGER NOT NULL
  ) STRICT, WITHOUT ROWID;

  -- Bytes that nothing links any more, in the order in which they were condemned.
  CREATE TABLE trash (
    id INTEGER PRIMARY KEY AUTOINCREMENT,
    locator TEXT NOT NULL UNIQUE
  ) STRICT;
  `,
  `
  -- Changes that webhooks are to be told of, until they are taken.
  CREATE TABLE event (
    sequence INTEGER PRIMARY KEY AUTOINCREMENT,
    json TEXT NOT NULL
  ) STRICT;
  `,
  `
  -- The pass of the collection that found a link whose blob no manifest of the repository names. Such a link promises
  -- nothing any more; the next pass removes it, unless the blob is linked again or named before.
  ALTER TABLE link ADD COLUMN condemned INTEGER;
  CREATE TABLE collection (
    id INTEGER PRIMARY KEY CHECK (id = 1),
    pass INTEGER NOT NULL
  ) STRICT;
  INSERT INTO collection VALUES (1, 0);

  -- What is being uploaded to a repository holds what was uploaded to it before.
  CREATE INDEX upload_of_repository ON upload (registry, repository);

  -- Bytes that are not what their digest says: as good as absent, until the blob is pushed again.
  ALTER TABLE blob ADD COLUMN damaged INTEGER NOT NULL DEFAULT 0;

  -- From now on the manifests that an index names are among its references, beside the blobs of images.
  INSERT OR IGNORE INTO reference (repository, digest, manifest)
  SELECT manifest.repository, json_extract(entry.value, '$.digest'), manifest.id
  FROM manifest, json_each(CAST(manifest.content AS TEXT), '$.manifests') AS entry
  WHERE manifest.media_type IN (
    'application/vnd.oci.image.index.v1+json', 'application/vnd.docker.distribution.manifest.list.v2+json');
  `,
  `
  -- Tags that were deleted where soft delete is on; their repository is the shadow of the one that had them
  -- (sqlite/deleted.ts), as that of the manifests that were.
  CREATE TABLE deleted_tag (
    repository INTEGER NOT NULL REFERENCES repository ON DELETE CASCADE,
    name TEXT NOT NULL,
    digest TEXT NOT NULL,
    deleted_ms INTEGER NOT NULL,
    PRIMARY KEY (repository, name, digest)
  ) STRICT, WITHOUT ROWID;
  `,
];
