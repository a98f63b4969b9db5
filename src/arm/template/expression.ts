import type { Json } from '../../azure/json.ts';
import { TemplateError } from './template-error.ts';
import { MOST_DEPTH } from './work.ts';

/** An expression of the template language, read. */
export type Expression =
  | { readonly kind: 'literal'; readonly value: Json }
  | { readonly kind: 'call'; readonly name: string; readonly args: readonly Expression[] }
  /** `a.b`, `a['b']`, `a[0]`; `safe` (`a.?b`, `a[?0]`) gives null where nothing is there. */
  | { readonly kind: 'access'; readonly target: Expression; readonly key: Expression; readonly safe: boolean };

const TOKEN =
  /\s*(?:(?<text>'(?:[^']|'')*')|(?<number>-?\d+)|(?<word>[A-Za-z_]\w*)|(?<mark>\.\?|\[\?|[()[\],.])|(?<end>$))/y;
/** The longest expression, in characters, as in Azure. */
const MOST_CHARACTERS = 24_576;

/** Whether a text is an expression: in square brackets, of which two at the start mean one that is none. */
export function isExpression(text: string): boolean {
  return text.startsWith('[') && !text.startsWith('[[') && text.endsWith(']');
}

const cache = new Map<string, Expression>();
/** How many characters of expressions are remembered: a template in a loop has the same ones again and again. */
const REMEMBERED = 512 * 1024;
let remembered = 0;

/** Reads `[...]`. Throws a {@link TemplateError} that says where it stopped making sense. */
export function parseExpression(text: string): Expression {
  const known = cache.get(text);
  if (known !== undefined) return known;
  if (text.length > MOST_CHARACTERS)
    throw new TemplateError(
      `The language expression '${text.slice(0, 100)}…' has ${text.length} characters, and may have ${MOST_CHARACTERS}.`,
    );
  const parsed = new Parser(text).whole();
  if (remembered > REMEMBERED) {
    cache.clear();
    remembered = 0;
  }
  remembered += text.length;
  cache.set(text, parsed);
  return parsed;
}

interface Token {
  readonly kind: 'text' | 'number' | 'word' | 'mark' | 'end';
  readonly text: string;
  readonly at: number;
}

class Parser {
  readonly #source: string;
  readonly #inner: string;
  #at = 0;
  #depth = 0;
  #token: Token;

  constructor(source: string) {
    this.#source = source;
    this.#inner = source.slice(1, -1);
    this.#token = this.#read();
  }

  whole(): Expression {
    const expression = this.#expression();
    if (this.#token.kind !== 'end') throw this.#unexpected();
    return expression;
  }

  #expression(): Expression {
    this.#depth += 1;
    if (this.#depth > MOST_DEPTH) throw this.#fault(`it nests deeper than ${MOST_DEPTH} levels`);
    const expression = this.#accessed();
    this.#depth -= 1;
    return expression;
  }

  #accessed(): Expression {
    let depth = this.#depth;
    let target = this.#primary();
    for (;;) {
      const mark = this.#token.kind === 'mark' ? this.#token.text : '';
      depth += 1;
      if (depth > MOST_DEPTH + 1) throw this.#fault(`it nests deeper than ${MOST_DEPTH} levels`);
      if (mark === '.' || mark === '.?') {
        this.#next();
        target = { kind: 'access', target, key: { kind: 'literal', value: this.#word() }, safe: mark === '.?' };
      } else if (mark === '[' || mark === '[?') {
        this.#next();
        const key = this.#expression();
        this.#expect(']');
        target = { kind: 'access', target, key, safe: mark === '[?' };
      } else return target;
    }
  }

  #primary(): Expression {
    const { kind, text } = this.#token;
    switch (kind) {
      case 'text':
        this.#next();
        return { kind: 'literal', value: text.slice(1, -1).replaceAll("''", "'") };
      case 'number':
        this.#next();
        return { kind: 'literal', value: Number(text) };
      case 'word':
        return { kind: 'call', name: this.#name(), args: this.#arguments() };
      case 'mark':
      case 'end':
        throw this.#unexpected();
    }
  }

  /** `concat`, `namespace.function`. */
  #name(): string {
    let name = this.#word();
    while (this.#isMark('.')) {
      this.#next();
      name += `.${this.#word()}`;
    }
    return name;
  }

  #arguments(): readonly Expression[] {
    this.#expect('(');
    const args: Expression[] = [];
    while (!this.#isMark(')')) {
      args.push(this.#expression());
      if (!this.#isMark(')')) this.#expect(',');
    }
    this.#next();
    return args;
  }

  #word(): string {
    const { kind, text } = this.#token;
    if (kind !== 'word') throw this.#unexpected();
    this.#next();
    return text;
  }

  #isMark(mark: string): boolean {
    return this.#token.kind === 'mark' && this.#token.text === mark;
  }

  #expect(mark: string): void {
    if (!this.#isMark(mark)) throw this.#unexpected(mark);
    this.#next();
  }

  #next(): void {
    this.#token = this.#read();
  }

  #read(): Token {
    TOKEN.lastIndex = this.#at;
    const match = TOKEN.exec(this.#inner);
    if (match?.groups === undefined) throw this.#fault(`it cannot be read at position ${this.#at + 1}`);
    const { text, number, word, end, mark } = match.groups;
    const at = this.#at;
    this.#at = TOKEN.lastIndex;
    if (text !== undefined) return { kind: 'text', text, at };
    if (number !== undefined) return { kind: 'number', text: number, at };
    if (end !== undefined) return { kind: 'end', text: '', at };
    if (word !== undefined) return { kind: 'word', text: word, at };
    return { kind: 'mark', text: mark ?? '', at };
  }

  #unexpected(wanted?: string): TemplateError {
    const { kind, text, at } = this.#token;
    const found = kind === 'end' ? 'its end' : `'${text}'`;
    return this.#fault(
      `${found} at position ${at + 1} was not expected${wanted === undefined ? '' : `, but '${wanted}'`}`,
    );
  }

  #fault(why: string): TemplateError {
    return new TemplateError(`Unable to parse language expression '${this.#source.slice(0, 300)}': ${why}.`);
  }
}
