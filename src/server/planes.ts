import type { OperationRunner } from '../arm/operation-runner.ts';
import type { ArmSettings } from '../arm/verb.ts';
import type { AuthServices } from '../auth/services.ts';
import type { Config } from '../config/config.ts';
import { loginHost } from '../config/login-host.ts';
import type { Denials } from '../denials/port.ts';
import type { OutboundDoor } from '../outbound/door.ts';
import type { Substitutions } from '../outside/substitution.ts';
import type { Metrics } from '../telemetry/metric.ts';
import type { Admission } from './admission.ts';
import { authorityRoutes } from './authority-routes.ts';
import { controlPlane, healthRoutes } from './control-plane.ts';
import { credentialEffects } from './credential-actions.ts';
import type { Clients } from '../limit/clients.ts';
import { dataLinks } from './data-endpoint.ts';
import { dataPlane } from './data-plane.ts';
import { denialRoutes } from './denial-routes.ts';
import { explainRoutes } from './explain-routes.ts';
import { graphRoutes } from './graph-routes.ts';
import { IMAGE_ALIAS_ROUTE } from './image-alias-route.ts';
import type { Imports } from './imports.ts';
import { keyRoutes } from './key-routes.ts';
import type { KeyServices } from './keys.ts';
import type { InFlight } from './in-flight.ts';
import type { Lab } from './lab.ts';
import { substitutionRoutes } from './substitution-routes.ts';
import { resolverOf } from './lab-names.ts';
import { labRoutes } from './lab-routes.ts';
import { managementPlane } from './management.ts';
import { metadataRoute } from './metadata-route.ts';
import { registryOrigin } from './origins.ts';
import { principalRoutes } from './principal-routes.ts';
import type { Snapshot } from './snapshot.ts';
import type { Stores } from './stores.ts';
import { subscriptionRoutes } from './subscription-routes.ts';
import { fetchJson } from './outbound.ts';
import type { StartedMachines } from './start-machines.ts';
import type { Upkeep } from './upkeep.ts';
import type { Webhooks } from './webhooks.ts';
import { templateSecrets } from './template-secrets.ts';
import { usageEffect } from './usage-effect.ts';

/** The perimeter: who is let in, who is in, and who was refused. */
interface Gate {
  readonly admission: Admission;
  readonly inFlight: InFlight;
  readonly denials: Denials;
}

/** The parts that answer requests. */
export interface Assembly {
  readonly config: Config;
  readonly stores: Stores;
  readonly snapshot: () => Snapshot;
  readonly auth: AuthServices;
  readonly metrics: Metrics;
  readonly webhooks: Webhooks;
  readonly imports: Imports;
  readonly upkeep: Upkeep;
  readonly operations: OperationRunner;
  readonly settings: () => ArmSettings;
  readonly door: OutboundDoor;
  readonly gate: Gate;
  /** Whoever signed in, each with its share. */
  readonly identities: Clients;
  readonly keys: KeyServices;
  readonly lab: Lab;
  readonly machines: StartedMachines;
  readonly substitutions: Substitutions;
  /** Why it cannot serve as it should. */
  readonly notReady: () => string | undefined;
  readonly now: () => number;
}

/** What answers on the registries' listener, whose clients come to this port. */
export function registryPlane(
  { config, stores, snapshot, auth, metrics, webhooks, gate, identities, now }: Assembly,
  port: number,
) {
  metrics.watchUploads(() => stores.content.uploads.openCount);
  return dataPlane({
    content: stores.content,
    auth,
    metrics,
    snapshot,
    ...gate,
    identities,
    denial: config.denial,
    links: dataLinks(),
    announced: () => webhooks.announced(),
    now,
    origin: (registry, scheme) => registryOrigin(registry.view.loginServer, port, scheme),
  });
}

/** What answers on the control listener, which clients know by this URL. */
export function controlListenerPlane(assembly: Assembly, controlUrl: string) {
  const { identities, metrics } = assembly;
  const shares = { identities, metrics };
  return controlPlane(ownRoutes(assembly, controlUrl), management(assembly, shares, controlUrl), shares);
}

/** What Azure's clients ask. */
function management(
  { stores, auth, snapshot, webhooks, imports, machines, operations, settings, door, now }: Assembly,
  shares: Pick<Assembly, 'identities' | 'metrics'>,
  origin: string,
) {
  const { state, directory } = stores;
  return managementPlane({
    shares,
    auth,
    state,
    effects: [
      ...credentialEffects({ directory, state, snapshot, now }),
      ...webhooks.effects,
      imports.effect,
      usageEffect({ state, metadata: stores.content.metadata, settings }),
      ...machines.effects,
    ],
    operations,
    routes: [...imports.routes, ...machines.routes],
    fetchDocument: (url) => fetchJson(door, url),
    secrets: (body, caller) => templateSecrets({ ...stores, now }, body, caller),
    settings,
    origin,
    now,
  });
}

/** What Seawall's own commands ask, the login authority, Graph, and who watches over the server. */
function ownRoutes(
  { config, stores, auth, metrics, upkeep, gate, lab, machines, substitutions, keys, notReady, now }: Assembly,
  origin: string,
) {
  const { state, directory, content } = stores;
  const asked = { auth, directory, now };
  const ready = async (): Promise<true | string> => {
    const why = notReady();
    if (why !== undefined) return why;
    await content.metadata.trash(0);
    return true;
  };
  return [
    ...graphRoutes(asked),
    ...principalRoutes(asked),
    ...labRoutes({ ...asked, plan: lab.plan, observed: (uid) => machines.observed(uid) }),
    ...substitutionRoutes({ ...asked, substitutions, allowed: config.substitutions }),
    ...upkeep.routes,
    ...keyRoutes(asked, keys),
    ...denialRoutes({ ...asked, denials: gate.denials }),
    ...explainRoutes({
      ...asked,
      state,
      admission: gate.admission,
      resolverOf: (network) => resolverOf(config, network, () => state.view()),
      hostOf: (registry) => loginHost(config, registry),
    }),
    ...subscriptionRoutes({ ...asked, state }),
    ...healthRoutes(metrics, ready),
    ...authorityRoutes(auth, now),
    IMAGE_ALIAS_ROUTE,
    metadataRoute({ origin, registrySuffix: config.registrySuffix }, auth),
  ];
}
