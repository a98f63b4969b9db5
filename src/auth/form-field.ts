/** The first of `names` that a form or a query has more than once: two readers could each believe another value. */
export function findRepeated(fields: URLSearchParams, names: readonly string[]): string | undefined {
  return names.find((name) => fields.getAll(name).length > 1);
}
