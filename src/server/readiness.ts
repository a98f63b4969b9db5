import type { Log } from '../telemetry/log.ts';
import type { Lab } from './lab.ts';
import type { Listeners } from './listeners.ts';

/** Why a server that runs cannot serve as it should, at each call; `undefined` where nothing is in the way. A lost lab is logged once. */
export function watchReadiness(parts: {
  readonly listeners: Pick<Listeners, 'stopping'>;
  readonly lab: Pick<Lab, 'onLost'>;
  readonly log: Pick<Log, 'event'>;
}): () => string | undefined {
  const { listeners, lab, log } = parts;
  let lost: string | undefined;
  lab.onLost((why) => {
    lost = why;
    log.event({ event: 'lab-lost', why });
  });
  return () => (listeners.stopping() ? 'the server is stopping' : lost);
}
