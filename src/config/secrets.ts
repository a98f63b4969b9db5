const SECRET_NAME = /pass(?:word|wd|phrase)|secret|credential/i;

/**
 * Whether a key that is no setting looks like one that carries a secret. No setting does: passwords and client secrets
 * are generated and kept by the server, so a configuration may be shown and shared whole. The value of such a key is
 * never repeated in a message.
 */
export function looksSecret(key: string): boolean {
  return SECRET_NAME.test(key);
}

/** What to do instead of writing a secret into the configuration. */
export const SECRET_ADVICE =
  'is not a setting: the configuration holds no secrets. They are generated; see "seawall credential show --help" and ' +
  '"seawall token credential generate --help"';
