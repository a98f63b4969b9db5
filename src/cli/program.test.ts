import assert from 'node:assert/strict';
import { join } from 'node:path';
import { describe, it } from 'node:test';
import type { Command } from 'commander';
import { runHere } from './memory-terminal.fixture.ts';
import { createProgram } from './program.ts';

const NOWHERE = { out: () => undefined, err: () => undefined, bold: String, columns: 100, env: {} };

/** The command lines of every command, the program itself first. */
function commandLines(command: Command, above: readonly string[] = []): readonly (readonly string[])[] {
  return [above, ...command.commands.flatMap((child) => commandLines(child, [...above, child.name()]))];
}

const EVERY = commandLines(createProgram(NOWHERE, () => undefined));

describe('help', () => {
  it('is as in help.snapshot.txt (when it changed on purpose: run this file with --test-update-snapshots)', async (t) => {
    const helps: string[] = [];
    for (const line of EVERY)
      helps.push(`$ seawall ${[...line, '--help'].join(' ')}\n${(await runHere([...line, '--help'])).out}`);
    t.assert.fileSnapshot(helps.join('\n'), join(import.meta.dirname, 'help.snapshot.txt'), { serializers: [String] });
  });

  for (const line of EVERY.filter((one) => createProgramAt(one).commands.length === 0))
    it(`of "${line.join(' ')}" has an example of it`, async () => {
      const { exit, out } = await runHere([...line, '--help']);
      assert.equal(exit, 0);
      assert.match(out, new RegExp(`\nExample:\n {2}seawall ${line.join(' ')}`));
    });
});

function createProgramAt(line: readonly string[]): Command {
  let command = createProgram(NOWHERE, () => undefined);
  for (const name of line) command = command.commands.find((child) => child.name() === name) ?? command;
  return command;
}

describe('a wrong command line', () => {
  const rows: readonly (readonly [string, readonly string[], RegExp])[] = [
    ['a command that is none, with the nearest', ['serv'], /unknown command 'serv'[\s\S]*Did you mean serve\?/],
    ['a flag that is none', ['up', '--dta', 'x'], /unknown option '--dta'[\s\S]*Did you mean --data\?/],
    ['a flag without its value', ['up', '--data'], /argument missing/],
    ['a needed flag left out', ['credential', 'show'], /'-r, --registry <NAME>' not specified/],
    [
      'a password that is none',
      ['credential', 'renew', '-r', 'a', '--password-name', 'p'],
      /Allowed choices are password, password2/,
    ],
    ['an argument too many', ['version', 'now'], /too many arguments/],
  ];
  for (const [what, argv, message] of rows)
    it(`with ${what} is refused with 64`, async () => {
      const { exit, err, out } = await runHere(argv);
      assert.equal(exit, 64);
      assert.match(err, message);
      assert.equal(out, '');
    });
});

describe('config show', () => {
  it('lines up setting, value and origin', async () => {
    const { exit, out } = await runHere(['config', 'show', '--data', '/d'], { SEAWALL_LOG_FORMAT: 'json' });
    assert.equal(exit, 0);
    const lines = out.split('\n');
    const [head = ''] = lines;
    const columns = [head.indexOf('VALUE'), head.indexOf('FROM')];
    const cells = (key: string): readonly string[] => {
      const line = lines.find((one) => one.startsWith(`${key} `)) ?? '';
      return [0, ...columns].map((at, i) => line.slice(at, columns[i]).trimEnd());
    };
    assert.deepEqual(cells('SETTING'), ['SETTING', 'VALUE', 'FROM']);
    assert.deepEqual(cells('data'), ['data', '/d', 'flag --data']);
    assert.deepEqual(cells('logFormat'), ['logFormat', 'json', 'variable SEAWALL_LOG_FORMAT']);
    assert.deepEqual(cells('registries'), ['registries', 'myregistry', 'default']);
  });

  it('prints JSON with the registries whole', async () => {
    const env = { SEAWALL_REGISTRIES: '[{"name":"contoso"}]' };
    const { out } = await runHere(['config', 'show', '--form', 'serve', '--json'], env);
    const settings: unknown = JSON.parse(out);
    assert.ok(Array.isArray(settings));
    assert.deepEqual(settings.at(-1)?.value[0].name, 'contoso');
    assert.deepEqual(settings[0], { setting: 'data', value: './data', origin: 'default' });
  });

  it('refuses a wrong configuration with 78, as the server would', async () => {
    const { exit, err } = await runHere(['config', 'show', '--registry', 'x']);
    assert.equal(exit, 78);
    assert.match(err, /^seawall: registry = "x" \(flag --registry\) must be HOST:PORT/);
    assert.equal((await runHere(['serve', '--registry', 'x'])).err, err);
  });

  it('tells of a variable that is mistyped', async () => {
    const { exit, err } = await runHere(['config', 'show'], { SEAWALL_DATE: 'x' });
    assert.equal(exit, 0);
    assert.match(err, /SEAWALL_DATE is no setting and is ignored; did you mean SEAWALL_DATA\?/);
  });
});

describe('hosts print', () => {
  const registries = { SEAWALL_REGISTRIES: '[{"name":"contoso"},{"name":"fabrikam"}]' };

  it('prints a line for each registry', async () => {
    const { out } = await runHere(['hosts', 'print'], registries);
    assert.equal(out, '127.0.0.1 contoso.azurecr.localhost\n127.0.0.1 fabrikam.azurecr.localhost\n');
  });

  it('names an address that can be connected to', async () => {
    const { out } = await runHere(['hosts', 'print', '--registry', '0.0.0.0:443', '--json'], registries);
    assert.deepEqual(JSON.parse(out)[0], { address: '127.0.0.1', name: 'contoso.azurecr.localhost' });
  });
});

describe('version', () => {
  it('is printed with that of Node', async () => {
    assert.equal((await runHere(['version'])).out, `seawall 0.1.0 on Node ${process.versions.node}\n`);
    assert.deepEqual(JSON.parse((await runHere(['version', '--json'])).out).node, process.versions.node);
  });
});
