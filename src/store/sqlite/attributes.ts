import type { Attributes } from '../port.ts';

/** The columns of a lockable thing's attributes; 1 allows, 0 forbids. */
export interface AttributeColumns {
  readonly delete_enabled: number;
  readonly write_enabled: number;
  readonly list_enabled: number;
  readonly read_enabled: number;
}

/** The attributes that a row holds. */
export function attributesOf(row: AttributeColumns): Attributes {
  return {
    deleteEnabled: row.delete_enabled === 1,
    writeEnabled: row.write_enabled === 1,
    listEnabled: row.list_enabled === 1,
    readEnabled: row.read_enabled === 1,
  };
}

/** Sets the attributes bound to `?1` to `?4`, in the order of {@link changeValues}; NULL leaves one as it is. */
export const SET_ATTRIBUTES = `
  delete_enabled = coalesce(?1, delete_enabled), write_enabled = coalesce(?2, write_enabled),
  list_enabled = coalesce(?3, list_enabled), read_enabled = coalesce(?4, read_enabled)`;

/** What {@link SET_ATTRIBUTES} binds. */
export function changeValues(change: Partial<Attributes>): (number | null)[] {
  const { deleteEnabled, writeEnabled, listEnabled, readEnabled } = change;
  return [deleteEnabled, writeEnabled, listEnabled, readEnabled].map((on) => (on === undefined ? null : Number(on)));
}
