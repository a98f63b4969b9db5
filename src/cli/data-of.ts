import { SETTINGS } from '../config/setting.ts';
import type { Terminal } from './terminal.ts';

/** The data directory of the server that a command speaks to. */
export function dataOf({ env }: Pick<Terminal, 'env'>, { data }: { readonly data?: string | undefined }): string {
  return data ?? env['SEAWALL_DATA'] ?? SETTINGS.data.defaults.up;
}
