/** A user name with its password. */
export interface Login {
  readonly username: string;
  readonly password: string;
}

/** A login as it stands in `Authorization`. */
export function basicOf({ username, password }: Login): string {
  return `Basic ${Buffer.from(`${username}:${password}`).toString('base64')}`;
}
