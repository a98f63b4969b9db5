/** Where a server is reached, and what every request to it carries. */
export interface Origin {
  /** Scheme, address and port, without a final slash. */
  readonly url: string;
  readonly headers: Readonly<Record<string, string>>;
}

/** Whether a server is measured over TLS, or plain as behind a balancer. */
export type Transport = 'plain' | 'tls';

/** A server that is measured beside others, in processes of its own. */
export interface Subject extends AsyncDisposable {
  readonly name: string;
  readonly origin: Origin;
  /** The name by which docker knows it, `HOST:PORT`. */
  readonly host: string;
  /** With what docker logs in, where it has to. */
  readonly login?: { readonly username: string; readonly password: string };
  /** All its processes. */
  readonly pids: readonly number[];
}

/** Starts a subject, or says why it is not to be had on this machine. */
export interface Contender {
  readonly name: string;
  readonly start: (transport: Transport) => Promise<Subject | Missing>;
}

/** Why a subject is not there. */
export interface Missing {
  readonly missing: string;
}

/** The subjects that could be started; the others by name with the reason. */
export interface Field extends AsyncDisposable {
  readonly subjects: readonly Subject[];
  readonly absent: readonly { readonly name: string; readonly why: string }[];
}

/** Starts contenders; disposing of the field ends them. */
export async function startField(contenders: readonly Contender[], transport: Transport): Promise<Field> {
  await using stack = new AsyncDisposableStack();
  const subjects: Subject[] = [];
  const absent: { name: string; why: string }[] = [];
  for (const { name, start } of contenders) {
    const started = await start(transport);
    if ('missing' in started) absent.push({ name, why: started.missing });
    else subjects.push(stack.use(started));
  }
  const opened = stack.move();
  return { subjects, absent, [Symbol.asyncDispose]: () => opened.disposeAsync() };
}
