/** A program for Linux that prints a text and ends, written byte by byte: it needs no library and no compiler. Pure. */

/** Architectures that the program is written for, by their names in images (image-spec, "Platform Variants"). */
export type Architecture = 'amd64' | 'arm64';

/** What differs between architectures: e_machine of ELF, and the instructions. */
interface Machine {
  readonly elf: number;
  /** The instructions for a text of `length` bytes that follows them at once. */
  code(length: number): Uint8Array;
}

/** write(1, text, length); exit(0). System calls have the numbers of each architecture's table in Linux. */
const MACHINES: Readonly<Record<Architecture, Machine>> = {
  amd64: {
    elf: 62,
    code: (length) =>
      joined(
        [0xb8, ...u32(1)], //             mov eax, 1 (write)
        [0xbf, ...u32(1)], //             mov edi, 1
        [0x48, 0x8d, 0x35, ...u32(16)], // lea rsi, [rip+16]: the text
        [0xba, ...u32(length)], //        mov edx, length
        [0x0f, 0x05], //                  syscall
        [0xb8, ...u32(60)], //            mov eax, 60 (exit)
        [0x31, 0xff], //                  xor edi, edi
        [0x0f, 0x05], //                  syscall
      ),
  },
  arm64: {
    elf: 183,
    code: (length) =>
      joined(
        u32(0xd2_80_00_20), //                       movz x0, 1
        u32(0x10_00_00_e1), //                       adr x1, +28: the text
        u32(0xd2_80_00_02 + length * 0x20), //       movz x2, length
        u32(0xd2_80_08_08), //                       movz x8, 64 (write)
        u32(0xd4_00_00_01), //                       svc 0
        u32(0xd2_80_00_00), //                       movz x0, 0
        u32(0xd2_80_0b_a8), //                       movz x8, 93 (exit)
        u32(0xd4_00_00_01), //                       svc 0
      ),
  },
};

/** Where the program is loaded; its one segment has header, code and text. */
const LOADED_AT = 0x40_00_00;
const ELF_HEADER = 64;
const PROGRAM_HEADER = 56;
const CODE_AT = ELF_HEADER + PROGRAM_HEADER;
/** The length that one `movz` can hold. */
const LONGEST = 0xff_ff;

/** An executable file (ELF 64, little-endian) that prints `text` on standard output. Throws a RangeError above 65,535 bytes. */
export function printingProgram(architecture: Architecture, text: string): Uint8Array {
  const message = new TextEncoder().encode(text);
  if (message.length > LONGEST) throw new RangeError(`the text has ${message.length} bytes, at most ${LONGEST}`);
  const machine = MACHINES[architecture];
  const instructions = machine.code(message.length);
  const size = CODE_AT + instructions.length + message.length;
  return joined(
    [0x7f, 0x45, 0x4c, 0x46, 2, 1, 1, 0, 0, 0, 0, 0, 0, 0, 0, 0],
    u16(2), // ET_EXEC
    u16(machine.elf),
    u32(1),
    u64(LOADED_AT + CODE_AT),
    u64(ELF_HEADER),
    u64(0),
    u32(0),
    [...u16(ELF_HEADER), ...u16(PROGRAM_HEADER), ...u16(1), ...u16(0), ...u16(0), ...u16(0)],
    u32(1), // PT_LOAD
    u32(5), // readable, executable
    u64(0),
    u64(LOADED_AT),
    u64(LOADED_AT),
    u64(size),
    u64(size),
    u64(0x1_00_00),
    instructions,
    message,
  );
}

/** All parts, one after another. */
function joined(...parts: readonly Iterable<number>[]): Uint8Array {
  return Uint8Array.from(parts.flatMap((part) => [...part]));
}

function u16(value: number): readonly number[] {
  return [value & 0xff, (value >>> 8) & 0xff];
}

function u32(value: number): readonly number[] {
  return [...u16(value & 0xff_ff), ...u16(value >>> 16)];
}

function u64(value: number): readonly number[] {
  return [...u32(value), ...u32(0)];
}
