import type { DigestAlgorithm } from '../../oci/digest.ts';
import type { RepositoryName } from '../../oci/reference.ts';
import type { Database } from '../../sqlite/database.ts';
import type { RegistryUid, RepositoryKey, UploadId, UploadRecord } from '../port.ts';

/** Records a new upload session. */
export function startUpload(database: Database, upload: UploadRecord): void {
  const { id, repository, algorithm, startedMs } = upload;
  database.run(
    'INSERT INTO upload VALUES (?1, ?2, ?3, ?4, ?5)',
    id,
    repository.registry,
    repository.name,
    algorithm,
    startedMs,
  );
}

/** Forgets an upload session; one that is not known is no error. */
export function endUpload(database: Database, id: UploadId): void {
  database.run('DELETE FROM upload WHERE id = ?1', id);
}

/** The session, when it belongs to this repository. */
export function readUpload(database: Database, key: RepositoryKey, id: UploadId): UploadRecord | undefined {
  const row = database.get<UploadRow>(
    'SELECT * FROM upload WHERE id = ?1 AND registry = ?2 AND repository = ?3',
    id,
    key.registry,
    key.name,
  );
  return row && uploadOf(row);
}

/** Every session. */
export function listUploads(database: Database): readonly UploadRecord[] {
  return database.all<UploadRow>('SELECT * FROM upload ORDER BY id').map(uploadOf);
}

interface UploadRow {
  readonly id: UploadId;
  readonly registry: RegistryUid;
  readonly repository: RepositoryName;
  readonly algorithm: DigestAlgorithm;
  readonly started_ms: number;
}

function uploadOf(row: UploadRow): UploadRecord {
  const { id, registry, repository, algorithm, started_ms: startedMs } = row;
  return { id, repository: { registry, name: repository }, algorithm, startedMs };
}
