/** In bytes: several reads of a socket, and a fourth of what is written to a file at once. */
const SLOT_BYTES = 256 * 1024;

/** So that one MiB may be read into, one written and hashed. */
const SLOTS = 8;

/** Rings that are kept for the next body. */
const MOST_IDLE = 2;

const idle: SlotRing[] = [];

/** Memory that one body after another is read into, in slots of 256 KiB: 2 MiB, shared, so that a thread may hash it where it is. */
export class SlotRing {
  readonly #memory = new SharedArrayBuffer(SLOT_BYTES * SLOTS);
  #free = Array.from({ length: SLOTS }, (_, i) => i);
  #retired = false;

  /** One that another body has done with, or a new one. */
  static take(): SlotRing {
    const ring = idle.pop() ?? new SlotRing();
    ring.#retired = false;
    return ring;
  }

  /** A slot that is free. */
  take(): Uint8Array | undefined {
    const slot = this.#free.pop();
    return slot === undefined ? undefined : new Uint8Array(this.#memory, slot * SLOT_BYTES, SLOT_BYTES);
  }

  /** Takes back the slot that a chunk begins; chunks of other memory are left alone. */
  give({ buffer, byteOffset }: Uint8Array): void {
    if (buffer !== this.#memory) return;
    this.#free.push(byteOffset / SLOT_BYTES);
    this.#keep();
  }

  /** Says that its body is over: once all slots are back it is there for the next one. */
  retire(): void {
    this.#retired = true;
    this.#keep();
  }

  #keep(): void {
    if (this.#retired && this.#free.length === SLOTS && idle.length < MOST_IDLE) idle.push(this);
  }
}
