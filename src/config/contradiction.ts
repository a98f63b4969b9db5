import { resolve } from 'node:path';
import { formatListenAddress } from './address.ts';
import type { Config } from './config.ts';
import type { RegistryDeclaration } from './registry.ts';

/** A setting that does not go with another one. */
export interface Contradiction {
  /** The setting at fault, such as `tlsCert` or `registries[1].name`. */
  readonly setting: string;
  /** What is wrong and what to do, as the end of a sentence whose subject is the setting. */
  readonly why: string;
}

/** Every contradiction between settings, each of which is allowed by itself. */
export function contradictions(config: Config): readonly Contradiction[] {
  return [
    ...sameAddress(config),
    ...publicHostAmbiguous(config),
    ...hostsFileInProduction(config),
    ...userWithHostsFile(config),
    ...imagesInData(config),
    ...duplicates(config.registries, 'registries'),
    ...config.registries.flatMap((registry, i) => inRegistry(registry, `registries[${i}]`, config)),
  ];
}

/** A certificate and its key are given both or neither. */
export function unpaired(
  [certKey, cert]: readonly [string, string | undefined],
  [keyKey, key]: readonly [string, string | undefined],
): readonly Contradiction[] {
  if ((cert === undefined) === (key === undefined)) return [];
  const [given, missing] = key === undefined ? [certKey, keyKey] : [keyKey, certKey];
  return [
    { setting: given, why: `needs ${missing} beside it: give both, or neither for a certificate of Seawall's own CA` },
  ];
}

function sameAddress(config: Config): readonly Contradiction[] {
  const taken =
    config.control.port !== 0 && formatListenAddress(config.control) === formatListenAddress(config.registry);
  return taken ? [{ setting: 'control', why: 'is also the address of registry: the two need different ports' }] : [];
}

function publicHostAmbiguous(config: Config): readonly Contradiction[] {
  if (config.publicHost === undefined || config.registries.length <= 1) return [];
  const why = `names one registry, but ${config.registries.length} are declared: use registrySuffix, which names them all`;
  return [{ setting: 'publicHost', why }];
}

function hostsFileInProduction(config: Config): readonly Contradiction[] {
  if (config.form === 'up' || config.hostsFile.kind === 'off') return [];
  return [
    {
      setting: 'hostsFile',
      why: 'must be off: "serve" never touches a hosts file; "seawall hosts print" prints its lines',
    },
  ];
}

function userWithHostsFile({ user, hostsFile, lab }: Config): readonly Contradiction[] {
  if (user === undefined || hostsFile.kind === 'off' || lab !== 'off') return [];
  const why =
    'needs hostsFile off where there is no lab, whose supervisor keeps it: a server that let go of root cannot take the names out again; "seawall hosts print" prints them';
  return [{ setting: 'user', why }];
}

/** Hosts see the files of a base image: keys and data must not lie beside them. */
function imagesInData({ images, dataDir }: Config): readonly Contradiction[] {
  const [folder, data] = [resolve(images), resolve(dataDir)];
  if (folder !== data && !folder.startsWith(`${data}/`) && !data.startsWith(`${folder}/`)) return [];
  return [{ setting: 'images', why: `is ${folder}, and data is ${data}: neither may lie in the other` }];
}

function duplicates(items: readonly { readonly name: string }[], path: string): readonly Contradiction[] {
  return items.flatMap(({ name }, i) =>
    items.findIndex((item) => item.name === name) === i
      ? []
      : [{ setting: `${path}[${i}].name`, why: `is "${name}" for the second time: each needs a name of its own` }],
  );
}

function inRegistry(registry: RegistryDeclaration, path: string, config: Config): readonly Contradiction[] {
  return [
    ...duplicates(registry.scopeMaps, `${path}.scopeMaps`),
    ...duplicates(registry.tokens, `${path}.tokens`),
    ...registry.tokens.flatMap((_, i) => inToken(registry, i, `${path}.tokens[${i}]`)),
    ...anonymousPull(registry, path, config),
  ];
}

/** Names under which somebody else signs in (facts/acr.md §3.2): the user of a refresh token, and the admin user. */
function inToken(registry: RegistryDeclaration, index: number, path: string): readonly Contradiction[] {
  const token = registry.tokens[index];
  if (token === undefined) return [];
  const known = registry.scopeMaps.map(({ name }) => name);
  const wrong: Contradiction[] = [];
  if (token.name === registry.name || token.name === '00000000-0000-0000-0000-000000000000')
    wrong.push({
      setting: `${path}.name`,
      why: `is "${token.name}", which is a user of the registry already: choose another`,
    });
  if (!known.includes(token.scopeMap)) {
    const allowed = known.length === 0 ? 'scopeMaps declares none' : `scopeMaps declares ${known.join(', ')}`;
    wrong.push({ setting: `${path}.scopeMap`, why: `is "${token.scopeMap}", which is not declared: ${allowed}` });
  }
  return wrong;
}

function anonymousPull(registry: RegistryDeclaration, path: string, config: Config): readonly Contradiction[] {
  const tierForbids = config.form === 'up' && registry.sku === 'Basic';
  if (!registry.anonymousPullEnabled || !tierForbids) return [];
  return [{ setting: `${path}.anonymousPullEnabled`, why: 'needs sku Standard or Premium, as in Azure' }];
}
