/** The writes of content: the module that the writer's thread loads. */
import type { Operations } from '../../sqlite/operation.ts';
import { beginPass, collectLinks, settle } from './collect.ts';
import { markDamaged, markSound } from './damage.ts';
import { deleteManifest, deleteRepository, deleteTag, retireManifest } from './delete.ts';
import { purgeDeleted, restore } from './deleted.ts';
import { eraseRegistry } from './erase.ts';
import { forgetEvents } from './event.ts';
import { linkBlob, mountBlob, shareBlob, unlinkBlob } from './link-blob.ts';
import { putManifest } from './put-manifest.ts';
import { emptyTrash } from './trash.ts';
import { updateManifest, updateRepository, updateTag } from './update.ts';
import { endUpload, startUpload } from './upload.ts';

/** Sessions are soft: a client whose session was lost starts again. So is forgetting bytes that are gone. */
export const operations = {
  putManifest: { run: putManifest },
  deleteManifest: { run: deleteManifest },
  retireManifest: { run: retireManifest },
  deleteTag: { run: deleteTag },
  deleteRepository: { run: deleteRepository },
  restore: { run: restore },
  purgeDeleted: { run: purgeDeleted },
  linkBlob: { run: linkBlob },
  mountBlob: { run: mountBlob },
  shareBlob: { run: shareBlob },
  unlinkBlob: { run: unlinkBlob },
  updateRepository: { run: updateRepository },
  updateManifest: { run: updateManifest },
  updateTag: { run: updateTag },
  startUpload: { soft: true, run: startUpload },
  endUpload: { soft: true, run: endUpload },
  // Told twice rather than never: those who are told know an event by its id.
  forgetEvents: { soft: true, run: forgetEvents },
  // A pass that a power failure undid condemned nothing either.
  beginPass: { soft: true, run: beginPass },
  // Undone by a power failure, they are done again: no bytes go before `settle` has made them durable.
  collectLinks: { soft: true, run: collectLinks },
  eraseRegistry: { soft: true, run: eraseRegistry },
  settle: { run: settle },
  markDamaged: { run: markDamaged },
  markSound: { run: markSound },
  emptyTrash: { soft: true, run: emptyTrash },
} as const satisfies Operations;
