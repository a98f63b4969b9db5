// breaks: not server/snapshot.ts
import type { Snapshot } from '../server/snapshot.ts';
export type View = Snapshot;
