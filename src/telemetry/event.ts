import type { LogLevel } from './level.ts';

/**
 * Everything the server says about itself, each with exactly the fields it may carry. A header, a body or a password is
 * no field of any of them, so none can be logged by mistake.
 */
export type LogEvent =
  | { readonly event: 'starting'; readonly version: string; readonly form: string; readonly data: string }
  | { readonly event: 'ready'; readonly registry: string; readonly control: string; readonly durationMs: number }
  | { readonly event: 'stopping'; readonly reason: string }
  | { readonly event: 'stopped'; readonly cutConnections: number }
  | { readonly event: 'config-warning'; readonly warning: string }
  | { readonly event: 'certificate-changed'; readonly listener: string }
  | { readonly event: 'certificate-refused'; readonly listener: string; readonly message: string }
  | { readonly event: 'hosts-file-kept'; readonly path: string; readonly names: readonly string[] }
  | { readonly event: 'hosts-file-left'; readonly path: string; readonly why: string }
  | {
      readonly event: 'connection-failed';
      readonly listener: string;
      readonly remoteAddress: string;
      readonly error: unknown;
    }
  | {
      readonly event: 'proxy-refused';
      readonly listener: string;
      readonly remoteAddress: string;
      readonly why: string;
    }
  | { readonly event: 'connections-cut'; readonly count: number; readonly why: string }
  | { readonly event: 'client-limit'; readonly listener: string; readonly remoteAddress: string }
  | { readonly event: 'connection-limit'; readonly listener: string; readonly limit: number }
  | {
      readonly event: 'request-failed';
      readonly correlationId: string;
      readonly route: string;
      readonly error: unknown;
    }
  | { readonly event: 'store-failed'; readonly operation: string; readonly error: unknown }
  | { readonly event: 'manifests-retired'; readonly registry: string; readonly count: number }
  | { readonly event: 'uploads-expired'; readonly count: number }
  | { readonly event: 'sweep-done'; readonly removed: number; readonly durationMs: number }
  | {
      readonly event: 'collection-done';
      readonly condemned: number;
      readonly unlinked: number;
      readonly freedBytes: number;
      readonly registries: number;
      readonly durationMs: number;
    }
  | { readonly event: 'blob-damaged'; readonly digest: string; readonly locator: string; readonly damage: string }
  | { readonly event: 'task-failed'; readonly task: string; readonly error: unknown }
  /** Whoever makes the networks is gone. */
  | { readonly event: 'lab-lost'; readonly why: string }
  /** The lab answered in place of something outside it. */
  | { readonly event: 'substituted'; readonly asked: string; readonly given: string }
  | { readonly event: 'packages-failed'; readonly host: string; readonly why: string }
  | { readonly event: 'lines-dropped'; readonly count: number };

/** The level of each event; an event is never logged at another. */
export const EVENT_LEVEL: Readonly<Record<LogEvent['event'], LogLevel>> = {
  starting: 'info',
  ready: 'info',
  stopping: 'info',
  stopped: 'info',
  'config-warning': 'warn',
  'certificate-changed': 'info',
  'certificate-refused': 'error',
  'hosts-file-kept': 'info',
  'hosts-file-left': 'warn',
  'connection-failed': 'debug',
  'proxy-refused': 'warn',
  'connections-cut': 'info',
  'client-limit': 'warn',
  'connection-limit': 'warn',
  'request-failed': 'error',
  'store-failed': 'error',
  'manifests-retired': 'info',
  'uploads-expired': 'info',
  'sweep-done': 'info',
  'collection-done': 'info',
  'blob-damaged': 'error',
  'task-failed': 'error',
  'lab-lost': 'error',
  substituted: 'info',
  'packages-failed': 'warn',
  'lines-dropped': 'warn',
};
