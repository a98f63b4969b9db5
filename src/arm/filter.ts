import type { ArmError } from '../azure/error.ts';

/** What a `$filter` asks of one item; `read` gives a field's value, `undefined` when the item has none. */
export type Filter = (read: (field: string) => string | undefined) => boolean;

/** The outcome of reading a `$filter`. */
export type ReadFilter =
  | { readonly kind: 'filter'; readonly filter: Filter }
  | { readonly kind: 'refused'; readonly error: ArmError };

const TOKEN = /\s*(?:(?<text>'(?:[^']|'')*')|(?<word>[\w./-]+)|(?<mark>[(),]))/y;

/**
 * Reads a `$filter` in the part of OData that lists of resources take: `field eq 'text'`, `field ne 'text'`,
 * `substringof('text', field)`, `startswith(field, 'text')`, `and`, `or`, `not`, parentheses. Fields are told apart
 * without regard to case, values too. `fields` are those there are.
 */
export function readFilter(text: string, fields: readonly string[]): ReadFilter {
  try {
    const tokens = tokenise(text);
    const parser = new FilterParser(tokens, fields);
    return { kind: 'filter', filter: parser.whole() };
  } catch (error) {
    if (!(error instanceof FilterError)) throw error;
    const message = `Invalid $filter '${text.slice(0, 300)}': ${error.message}. Possible are ${fields.join(', ')} with eq, ne, and, or.`;
    return { kind: 'refused', error: { code: 'InvalidFilterInQueryString', target: '$filter', message } };
  }
}

/** The longest filter, in characters: what nests or follows in it is bounded by that. */
const MOST_CHARACTERS = 2048;

class FilterError extends Error {}

function tokenise(text: string): readonly string[] {
  if (text.length > MOST_CHARACTERS) throw new FilterError(`it is longer than ${MOST_CHARACTERS} characters`);
  const tokens: string[] = [];
  let at = 0;
  while (text.slice(at).trim() !== '') {
    TOKEN.lastIndex = at;
    const match = TOKEN.exec(text);
    if (match === null) throw new FilterError(`it cannot be read at character ${at + 1}`);
    tokens.push(match[0].trim());
    at = TOKEN.lastIndex;
  }
  return tokens;
}

class FilterParser {
  readonly #tokens: readonly string[];
  readonly #fields: readonly string[];
  #at = 0;

  constructor(tokens: readonly string[], fields: readonly string[]) {
    this.#tokens = tokens;
    this.#fields = fields.map((field) => field.toLowerCase());
  }

  whole(): Filter {
    const filter = this.#or();
    if (this.#at < this.#tokens.length) throw new FilterError(`'${this.#peek()}' was not expected`);
    return filter;
  }

  #or(): Filter {
    let left = this.#and();
    while (this.#take('or')) {
      const [before, after] = [left, this.#and()];
      left = (read) => before(read) || after(read);
    }
    return left;
  }

  #and(): Filter {
    let left = this.#term();
    while (this.#take('and')) {
      const [before, after] = [left, this.#term()];
      left = (read) => before(read) && after(read);
    }
    return left;
  }

  #term(): Filter {
    if (this.#take('(')) {
      const inner = this.#or();
      this.#expect(')');
      return inner;
    }
    if (this.#take('not')) {
      const inner = this.#term();
      return (read) => !inner(read);
    }
    if (this.#take('substringof')) return this.#substring();
    if (this.#take('startswith')) return this.#start();
    return this.#comparison();
  }

  #comparison(): Filter {
    const field = this.#field();
    const operator = this.#next().toLowerCase();
    if (operator !== 'eq' && operator !== 'ne') throw new FilterError(`'${operator}' is not an operator here`);
    const value = this.#text();
    return (read) => (read(field)?.toLowerCase() === value) === (operator === 'eq');
  }

  #substring(): Filter {
    this.#expect('(');
    const value = this.#text();
    this.#expect(',');
    const field = this.#field();
    this.#expect(')');
    return (read) => read(field)?.toLowerCase().includes(value) === true;
  }

  #start(): Filter {
    this.#expect('(');
    const field = this.#field();
    this.#expect(',');
    const value = this.#text();
    this.#expect(')');
    return (read) => read(field)?.toLowerCase().startsWith(value) === true;
  }

  #field(): string {
    const field = this.#next().toLowerCase();
    if (!this.#fields.includes(field)) throw new FilterError(`'${field}' is no field of these`);
    return field;
  }

  #text(): string {
    const text = this.#next();
    if (!text.startsWith("'")) throw new FilterError(`'${text}' has to stand in single quotes`);
    return text.slice(1, -1).replaceAll("''", "'").toLowerCase();
  }

  #take(word: string): boolean {
    if (this.#peek()?.toLowerCase() !== word) return false;
    this.#at += 1;
    return true;
  }

  #expect(mark: string): void {
    if (!this.#take(mark)) throw new FilterError(`'${mark}' is missing`);
  }

  #next(): string {
    const token = this.#peek();
    if (token === undefined) throw new FilterError('it ends too early');
    this.#at += 1;
    return token;
  }

  #peek(): string | undefined {
    return this.#tokens[this.#at];
  }
}
