import { NETWORK_EGRESS, NETWORK_LISTENER, PROXY, PROXY_ASSERTION } from './perimeter-schema.ts';
import { REGISTRY, SCOPE_MAP, TOKEN } from './registry-schema.ts';
import { SETTINGS, SETTING_KEYS, type Setting, flagOf, variableOf } from './setting.ts';

const INTRODUCTION = `# Settings

<!-- Made from src/config by its test; "npm test -- src/config" says when it is out of date. -->

No setting is needed. Each can be given as a flag of \`seawall up\` and \`seawall serve\`, as an environment variable, or
in a JSON file that the flag \`--config\` or the variable \`SEAWALL_CONFIG\` names. A flag outranks a variable, and a
variable the file. An empty variable counts as absent. \`seawall config show\` prints what would be in force and where each value
comes from; what is unknown, not allowed or contradicts something else is refused by name, all at once, with exit code 78.

No setting is a secret, so the file may be shared. Passwords are generated: \`seawall credential show --help\`.

\`\`\`json
{
  "data": "/var/lib/seawall",
  "registry": "0.0.0.0:443",
  "registrySuffix": "registry.example.com",
  "registries": [{ "name": "contoso", "adminUserEnabled": true }]
}
\`\`\`
`;

const LIST = `## registries

A list, in the file or as JSON in the variable \`SEAWALL_REGISTRIES\`. Without it \`up\` serves one registry, \`myregistry\`,
with its admin user on; \`serve\` serves none.
`;

const PERIMETER = `## networkListeners, networkEgress, proxies

Lists that say where virtual networks meet this server ([networks.md](networks.md)), in the file or as JSON in the variables
\`SEAWALL_NETWORK_LISTENERS\`, \`SEAWALL_NETWORK_EGRESS\` and \`SEAWALL_PROXIES\`.
`;

/** The reference of all settings, in Markdown. */
export function renderReference(): string {
  return [
    INTRODUCTION,
    table(['setting', 'flag', 'variable', 'value', 'default', ''], SETTING_KEYS.map(settingRow)),
    LIST,
    fields(REGISTRY),
    'Each scope map:\n',
    fields(SCOPE_MAP),
    'Each token:\n',
    fields(TOKEN),
    PERIMETER,
    '### networkListeners\n',
    fields(NETWORK_LISTENER),
    '### networkEgress\n',
    fields(NETWORK_EGRESS),
    '### proxies\n',
    fields(PROXY),
    'Each of `asserts` names one of network, subnet, privateEndpoint and trustedService:\n',
    fields(PROXY_ASSERTION),
  ].join('\n');
}

function settingRow(key: (typeof SETTING_KEYS)[number]): readonly string[] {
  const { kind, defaults, about }: Setting<unknown, unknown> = SETTINGS[key];
  const shown = ([defaults.up, defaults.serve] as const).map((value) => (value === undefined ? '' : kind.show(value)));
  const usual =
    shown[0] === shown[1] ? code(shown[0] ?? '') : `up: ${code(shown[0] ?? '')}, serve: ${code(shown[1] ?? '')}`;
  return [code(key), code(flagOf(key)), code(variableOf(key)), kind.allowed, usual, about];
}

/** What of a schema the reference shows. */
interface Described {
  readonly properties: Readonly<Record<string, object>>;
  readonly required?: readonly string[];
}

function fields({ properties, required = [] }: Described): string {
  const rows = Object.entries(properties).map(([name, schema]) => {
    const usual = 'default' in schema ? code(JSON.stringify(schema.default)) : '';
    return [code(name), required.includes(name) ? 'needed' : usual, allowedOf(schema)];
  });
  return table(['field', 'default', ''], rows);
}

function allowedOf(schema: object): string {
  const words = 'enum' in schema && Array.isArray(schema.enum) ? `${schema.enum.map(String).join(', ')}: ` : '';
  return `${words}${'description' in schema ? String(schema.description) : ''}`;
}

function table(heading: readonly string[], rows: readonly (readonly string[])[]): string {
  const line = (cells: readonly string[]): string =>
    `| ${cells.map((cell) => cell.replaceAll('|', '\\|')).join(' | ')} |\n`;
  return line(heading) + line(heading.map(() => '---')) + rows.map(line).join('');
}

function code(text: string): string {
  return text === '' ? '' : `\`${text}\``;
}
