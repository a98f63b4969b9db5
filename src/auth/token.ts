import { hash } from 'node:crypto';

/** A token as it was sent, whatever it may be worth. */
export class Token {
  readonly text: string;
  #id: string | undefined;

  constructor(text: string) {
    this.text = text;
  }

  /** Its SHA-256, taken once: what is kept of tokens is found by it, so that no token is kept and none is compared. */
  get id(): string {
    return (this.#id ??= hash('sha256', this.text, 'base64'));
  }
}
