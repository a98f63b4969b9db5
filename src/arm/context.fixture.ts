import type { StateView, StoredResource } from '../state/port.ts';
import { viewOf } from '../state/view.ts';
import type { ArmSettings, ResourceEngine, VerbContext } from './verb.ts';

/** The settings of a rehearsal. */
const SETTINGS: ArmSettings = {
  profile: 'azure',
  cloud: 'AzureCloud',
  tenantId: '11111111-1111-1111-1111-111111111111',
  registrySuffix: 'azurecr.test',
  registryPort: '',
  publicPrefix: '198.18.77.0/24',
  autoRegistration: true,
  hosts: { kind: 'none' },
  revalidateAllRules: false,
  containerHosts: { kind: 'run', observed: () => undefined },
};

/** A context for verbs, for tests: its UUIDs count up from 1, and it is 2026-01-01. */
export function contextOf(
  resources: readonly StoredResource[] | StateView,
  given: Partial<Omit<VerbContext, 'settings'>> & { readonly settings?: Partial<ArmSettings> } = {},
): VerbContext {
  let uuids = 0;
  const { settings, ...others } = given;
  return {
    view: 'get' in resources ? resources : viewOf({ epoch: 1, sequence: 1 }, resources),
    settings: { ...SETTINGS, ...settings },
    nowMs: Date.UTC(2026, 0, 1),
    caller: 'caller',
    newUuid: () => `00000000-0000-4000-8000-${String(++uuids).padStart(12, '0')}`,
    origin: 'https://arm.test',
    engine: NO_ENGINE,
    ...others,
  };
}

const none = (): never => {
  throw new Error('this test gave no engine');
};
const NO_ENGINE: ResourceEngine = { write: none, remove: none, read: none, list: none, newestApiVersion: none };
