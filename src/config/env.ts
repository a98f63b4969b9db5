/** The variables of an environment that are meant for this program, by name; empty ones count as absent. */
export function readEnvironment(env: Readonly<Record<string, string | undefined>>): ReadonlyMap<string, string> {
  const found = new Map<string, string>();
  for (const [name, value] of Object.entries(env)) {
    if (name.startsWith('SEAWALL_') && value !== undefined && value !== '') found.set(name, value);
  }
  return found;
}
