/** What the program ends with; the numbers are those of sysexits(3). */
export const EXIT = {
  ok: 0,
  /** The command line is wrong. */
  usage: 64,
  /** No server runs, or it does not answer. */
  unavailable: 69,
  /** The server answered with an error, or the program failed. */
  failed: 70,
  /** The server refused, or a file may not be read. */
  denied: 77,
  /** The configuration is wrong. */
  config: 78,
} as const;

/** One of the values of {@link EXIT}. */
export type ExitCode = (typeof EXIT)[keyof typeof EXIT];

/** The exit codes as `--help` lists them. */
export const EXIT_CODES_HELP = `Exit codes:
  0   done
  64  the command line is wrong
  69  no server runs, or it does not answer
  70  the server answered with an error, or the program failed
  77  denied: by the server, or by the permissions of a file
  78  the configuration is wrong`;
