/** One program in a tar archive (POSIX ustar). Pure. */

const BLOCK = 512;

/** An archive with one executable file of root's, the same bytes each time. */
export function tarOfProgram(name: string, content: Uint8Array): Uint8Array {
  const header = new Uint8Array(BLOCK);
  const put = (at: number, text: string): void => header.set(new TextEncoder().encode(text), at);
  const octal = (value: number, digits: number): string => value.toString(8).padStart(digits, '0');
  put(0, name);
  put(100, `${octal(0o755, 7)}\0${octal(0, 7)}\0${octal(0, 7)}\0`);
  put(124, `${octal(content.length, 11)}\0${octal(0, 11)}\0`);
  put(148, ' '.repeat(8));
  put(156, '0');
  put(257, 'ustar\x0000');
  put(
    148,
    `${octal(
      header.reduce((sum, byte) => sum + byte, 0),
      6,
    )}\0 `,
  );
  const padded = Math.ceil(content.length / BLOCK) * BLOCK;
  const archive = new Uint8Array(BLOCK + padded + 2 * BLOCK);
  archive.set(header);
  archive.set(content, BLOCK);
  return archive;
}
