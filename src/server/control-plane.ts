import { refuseThrottled } from '../http/oauth-reply.ts';
import { type Reply, notReady, okBytes, okJson, refuseArm } from '../http/reply.ts';
import { type RawParameters, compileRouter } from '../http/router.ts';
import type { Metrics } from '../telemetry/metric.ts';
import { isManagementPath } from './management.ts';
import { type Crowded, enterAsAddress, type FairShareServices } from './fair-share.ts';
import type { Exchange } from './exchange.ts';
import type { Plane } from './respond.ts';

/** One route of the control listener. Paths are compared without regard to case, as Azure's clients expect. */
export interface ControlRoute {
  readonly spec: string;
  readonly method: string;
  readonly path: string;
  readonly handle: (exchange: Exchange, parameters: RawParameters) => Promise<Reply>;
}

/** Whether the server can serve; a text says why not. */
export type Readiness = () => Promise<true | string>;

/** Answers the requests of the control listener: health, metrics and sign-in by their routes, the rest by `management`. */
export function controlPlane(routes: readonly ControlRoute[], management: Plane, shares: FairShareServices): Plane {
  const router = compileRouter(routes, 'ignored');
  return async (exchange) => {
    const crowded = isHealthPath(exchange.target.path) ? undefined : enterAsAddress(shares, exchange);
    if (crowded !== undefined) return tooMany(crowded, exchange.target.path);
    if (isManagementPath(exchange.target.path)) return management(exchange);
    const match = router(exchange.incoming.method, exchange.target.path);
    switch (match.kind) {
      case 'found':
        exchange.route = match.route.spec;
        return match.route.handle(exchange, match.parameters);
      case 'method-not-allowed':
        return refuseArm(
          { code: 'MethodNotAllowed', message: `${exchange.incoming.method} is not possible here` },
          { allow: match.allow.join(', ') },
        );
      case 'not-found':
        return refuseArm({
          code: 'ResourceNotFound',
          message: `there is nothing at ${exchange.target.path.slice(0, 300)}`,
        });
    }
  };
}

/** Whoever watches the server has to learn of it when it is crowded, too. */
function isHealthPath(path: string): boolean {
  return path === '/livez' || path === '/readyz' || path === '/metrics';
}

/** In the form that the clients of a path read: OAuth's for sign-in, Azure's for the rest. */
function tooMany({ message, retryAfterS }: Crowded, path: string): Reply {
  if (/\/oauth2\//i.test(path)) return refuseThrottled(message, retryAfterS);
  return refuseArm({ code: 'TooManyRequests', message }, { 'retry-after': String(retryAfterS) });
}

/** `/livez`, `/readyz` and `/metrics`; they need no sign-in. */
export function healthRoutes(metrics: Metrics, ready: Readiness): readonly ControlRoute[] {
  return [
    { spec: 'livez', method: 'GET', path: '/livez', handle: async () => okJson({ alive: true }) },
    { spec: 'readyz', method: 'GET', path: '/readyz', handle: () => answerReady(ready) },
    { spec: 'metrics', method: 'GET', path: '/metrics', handle: () => answerMetrics(metrics) },
  ];
}

async function answerReady(ready: Readiness): Promise<Reply> {
  const answer = await ready();
  return answer === true ? okJson({ ready: true }) : notReady(answer);
}

async function answerMetrics(metrics: Metrics): Promise<Reply> {
  const { text, contentType } = await metrics.expose();
  return okBytes(text, { 'content-type': contentType });
}
