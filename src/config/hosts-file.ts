import { isAbsolute } from 'node:path';
import type { SettingKind } from './kind.ts';

/**
 * What to do with the hosts file: nothing; keep a block in the system's own one when it may be written; or keep a block
 * in this file.
 */
export type HostsFileChoice =
  | { readonly kind: 'off' }
  | { readonly kind: 'auto' }
  | { readonly kind: 'file'; readonly path: string };

/** How the setting `hostsFile` is written. */
export const hostsFileChoice: SettingKind<HostsFileChoice> = {
  placeholder: 'auto|off|FILE',
  allowed: 'auto, off or an absolute path',
  read: (raw) => {
    if (raw === 'auto' || raw === 'off') return { kind: raw };
    return typeof raw === 'string' && isAbsolute(raw) ? { kind: 'file', path: raw } : undefined;
  },
  show: (choice) => (choice.kind === 'file' ? choice.path : choice.kind),
};
