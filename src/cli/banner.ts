import type { ReadyInfo, ReadyRegistry } from '../server/ready.ts';
import type { Terminal } from './terminal.ts';

/** What is printed when a server is ready: every URL, and the next command to type. */
export function banner(ready: ReadyInfo, bold: Terminal['bold']): string {
  return [
    ...addresses(ready, bold),
    ...lab(ready),
    ...hostsOfLab(ready),
    ...user(ready),
    ...hosts(ready),
    ...bootstrap(ready),
    ...next(ready, bold),
    '',
  ].join('\n');
}

function addresses(ready: ReadyInfo, bold: Terminal['bold']): readonly string[] {
  const rows = [
    ...ready.registries.map(({ name, loginServer }) => ['registry', `https://${loginServer}`, `(${name})`] as const),
    ['control', ready.control, ''] as const,
    ['authority', ready.authority, ''] as const,
    ['metrics', ready.metrics, ''] as const,
    ['data', ready.dataDir, ''] as const,
    ['state', ready.stateFile, ''] as const,
    ...(ready.caFile === undefined ? [] : [['CA', ready.caFile, ''] as const]),
  ];
  return [
    bold('Seawall is ready.'),
    '',
    ...rows.map(([what, where, more]) => `  ${what.padEnd(11)}${where} ${more}`.trimEnd()),
  ];
}

function hosts({ hosts: outcome }: ReadyInfo): readonly string[] {
  switch (outcome.kind) {
    case 'off':
      return [];
    case 'kept':
      return [`  ${'names'.padEnd(11)}kept in ${outcome.path} until it stops`];
    case 'advice':
      return ['', outcome.advice];
  }
}

/** What hosts are laid over is made when somebody says so; what stands in for the outside is never left unsaid. */
function hostsOfLab({ baseImages, standsFor = [] }: ReadyInfo): readonly string[] {
  if (baseImages === undefined) return [];
  const images =
    baseImages.length === 0
      ? 'none yet: az vm create needs one; make it in some minutes: sudo seawall lab image'
      : baseImages.join(', ');
  const stands =
    standsFor.length === 0 ? 'off' : `the lab answers for ${standsFor.join(' and ')}; off by --substitutions off`;
  return [`  ${'images'.padEnd(11)}${images}`, `  ${'stand-ins'.padEnd(11)}${stands}`];
}

function lab({ lab: outcome }: ReadyInfo): readonly string[] {
  switch (outcome.kind) {
    case 'off':
      return [];
    case 'made':
      return [
        outcome.rootless
          ? `  ${'lab'.padEnd(11)}made without root: its hosts reach the registries, and this machine does not; see: seawall lab --help`
          : `  ${'lab'.padEnd(11)}virtual networks are made of packets; see: seawall lab --help`,
      ];
    case 'none':
      return [`  ${'lab'.padEnd(11)}none, so that no packet meets a subnet rule: ${outcome.why}`];
  }
}

function user({ user: name, asRoot }: ReadyInfo): readonly string[] {
  if (name !== undefined) return [`  ${'runs as'.padEnd(11)}${name}; the lab's supervisor alone is root`];
  return asRoot === undefined ? [] : [`  ${'runs as'.padEnd(11)}root, since ${asRoot}`];
}

function bootstrap({ bootstrap: secret }: ReadyInfo): readonly string[] {
  if (secret === undefined) return [];
  return [
    '',
    'The owner signs in with this secret. It is shown this once; keep it:',
    `  client id      ${secret.clientId}`,
    `  client secret  ${secret.clientSecret}`,
  ];
}

function next({ registries, lab: outcome }: ReadyInfo, bold: Terminal['bold']): readonly string[] {
  const [first] = registries;
  if (first === undefined)
    return [
      '',
      'No registry is declared, so nothing can be pushed yet. Declare one in a file and name it with --config:',
      '  { "registries": [{ "name": "myregistry", "adminUserEnabled": true }] }',
    ];
  if (outcome.kind === 'made' && outcome.rootless)
    return ['', 'Next: make a network with az, and then', `  ${bold('seawall lab host NAME --subnet ID')}`];
  return ['', 'Next:', `  ${bold(login(first))}`];
}

function login({ name, loginServer, admin }: ReadyRegistry): string {
  if (admin === undefined) return `seawall credential show --registry ${name}`;
  return `docker login ${loginServer} -u ${admin.username} -p ${admin.password}`;
}
