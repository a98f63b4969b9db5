import { Command, CommanderError, Option } from 'commander';
import { SETTINGS, SETTING_KEYS, type Form, type Setting, flagOf, variableOf } from '../config/setting.ts';
import type { Sources } from '../config/sources.ts';
import { EXIT, EXIT_CODES_HELP, type ExitCode } from './exit-code.ts';
import { addMaintenance } from './maintenance-commands.ts';
import { addKeys } from './key-commands.ts';
import { addAttack, addLab, addPerimeter } from './network-commands.ts';
import type { Terminal } from './terminal.ts';
import { seawallVersion } from './version.ts';

/** Runs one command line (without program and script) and answers what to exit with. */
export async function run(argv: readonly string[], terminal: Terminal): Promise<ExitCode> {
  let exit: ExitCode = EXIT.ok;
  const program = createProgram(terminal, (code) => (exit = code));
  try {
    await program.parseAsync(argv, { from: 'user' });
    return exit;
  } catch (error) {
    if (error instanceof CommanderError) return error.exitCode === 0 ? EXIT.ok : EXIT.usage;
    throw error;
  }
}

/** The commands; `end` takes what the one that ran ends with. */
export function createProgram(terminal: Terminal, end: (code: ExitCode) => void): Command {
  const program = root(terminal);
  addServing(program, terminal, end);
  addCredentials(program, terminal, end);
  addPrincipals(program, terminal, end);
  addPerimeter(program, terminal, end);
  addKeys(program, terminal, end);
  addAttack(program, terminal, end);
  addLab(program, terminal, end);
  addMaintenance(program, terminal, end);
  addSubscriptions(program, terminal, end);
  addEnvironment(program, terminal, end);
  addConfiguration(program, terminal, end);
  addVersion(program, terminal, end);
  return program;
}

type End = (code: ExitCode) => void;

function root(terminal: Terminal): Command {
  return new Command('seawall')
    .description('A container registry you run yourself that admits only the networks you name.')
    .helpCommand(false)
    .enablePositionalOptions()
    .showSuggestionAfterError()
    .configureOutput({
      writeOut: (text) => terminal.out(text),
      writeErr: (text) => terminal.err(text),
      getOutHelpWidth: () => terminal.columns,
      getErrHelpWidth: () => terminal.columns,
      getOutHasColors: () => false,
      getErrHasColors: () => false,
      outputError: (text, write) => write(`${text.trimEnd().replace(/^error: /, 'seawall: ')}; see "seawall --help"\n`),
    })
    .exitOverride()
    .addHelpText('after', `\nExample:\n  seawall up\n\n${EXIT_CODES_HELP}`);
}

function addServing(program: Command, terminal: Terminal, end: End): void {
  const forms: readonly (readonly [Form, string, string])[] = [
    [
      'up',
      'Rehearse on this machine: a registry with its admin user, own certificates, nothing to configure.',
      '--data ./data',
    ],
    [
      'serve',
      'Serve in production: only what is declared, secrets never in files, the hosts file never touched.',
      '--config seawall.json',
    ],
  ];
  for (const [form, about, example] of forms)
    withSettings(program.command(form), form)
      .description(about)
      .addHelpText('after', `\nExample:\n  seawall ${form} ${example}`)
      .action(async (flags: Sources['flags']) => {
        const { runServer } = await import('./serve.ts');
        end(await runServer(form, flags, terminal));
      });
}

/** Adds the flag of every setting; its value is read with the other sources, not by commander. */
function withSettings(command: Command, form: Form): Command {
  command.option('--config <FILE>', 'File of settings (JSON). (env: SEAWALL_CONFIG)');
  for (const key of SETTING_KEYS) {
    const { kind, defaults, about }: Setting<unknown, unknown> = SETTINGS[key];
    const value = defaults[form];
    const usual = value === undefined ? '' : ` (default: ${kind.show(value)})`;
    command.option(`${flagOf(key)} <${kind.placeholder}>`, `${about}${usual} (env: ${variableOf(key)})`);
  }
  return command;
}

function addCredentials(program: Command, terminal: Terminal, end: End): void {
  const credential = program.command('credential').description('The admin user of a registry.').helpCommand(false);
  const show = credential.command('show').description("Show the admin user's passwords.");
  ofRegistry(show, '  seawall credential show --registry myregistry').action(async (options) => {
    const { showCredential } = await import('./credential.ts');
    end(await showCredential(terminal, options));
  });
  const renew = credential.command('renew').description("Replace one of the admin user's passwords.");
  renew.addOption(passwordName(['password', 'password2']).makeOptionMandatory());
  ofRegistry(renew, '  seawall credential renew --registry myregistry --password-name password').action(
    async (options) => {
      const { renewCredential } = await import('./credential.ts');
      end(await renewCredential(terminal, options));
    },
  );
  addTokens(program, terminal, end);
}

function addTokens(program: Command, terminal: Terminal, end: End): void {
  const token = program.command('token').description('Repository-scoped tokens of a registry.').helpCommand(false);
  const group = token.command('credential').description('Passwords of a token.').helpCommand(false);
  const generate = group.command('generate').description('Replace passwords of a token; they are shown this once.');
  generate.requiredOption('-n, --name <TOKEN>', 'Name of the token.');
  generate.addOption(passwordName(['password1', 'password2']));
  ofRegistry(generate, '  seawall token credential generate --registry myregistry --name ci-pull').action(
    async (options) => {
      const { generateTokenCredential } = await import('./credential.ts');
      end(await generateTokenCredential(terminal, options));
    },
  );
}

function passwordName(choices: readonly string[]): Option {
  return new Option('--password-name <NAME>', 'Which password; both when left out.').choices([...choices]);
}

function ofRegistry(command: Command, example: string): Command {
  return command
    .requiredOption('-r, --registry <NAME>', 'Name of the registry.')
    .option('--data <PATH>', 'Data directory of the running server. (default: ./data) (env: SEAWALL_DATA)')
    .option('--json', 'Print JSON.')
    .addHelpText('after', `\nExample:\n${example}`);
}

function addPrincipals(program: Command, terminal: Terminal, end: End): void {
  const principal = program
    .command('principal')
    .description('Who may sign in: applications (service principals) and users.')
    .helpCommand(false);
  const sub = (name: string, about: string, example: string): Command =>
    principal
      .command(name)
      .description(about)
      .option('--data <PATH>', 'Data directory of the running server. (default: ./data) (env: SEAWALL_DATA)')
      .option('--json', 'Print JSON.')
      .addHelpText('after', `\nExample:\n  ${example}`);
  sub(
    'create',
    'Make a service principal, or a user; its secret is shown this once.',
    'seawall principal create ci --role AcrPull\n  seawall principal create alice@example.com --user --role Contributor',
  )
    .argument('<NAME>', 'Display name; what is typed to sign in, for a user.')
    .option('--user', 'Make a user, who signs in by NAME and a password.')
    .option('--role <ROLE>', 'Role it gets, such as Contributor or AcrPull; none when left out.')
    .option('--scope <ID>', "Where it has the role; the owner's subscription when left out.")
    .action(async (name: string, options) => {
      const { createPrincipal } = await import('./principal.ts');
      end(await createPrincipal(terminal, name, options));
    });
  sub('list', 'List service principals and users.', 'seawall principal list').action(async (options) => {
    const { listPrincipals } = await import('./principal.ts');
    end(await listPrincipals(terminal, options));
  });
  sub(
    'federate',
    'Let what an outside issuer says of a job stand for a secret.',
    'seawall principal federate CLIENT_ID --issuer https://token.actions.githubusercontent.com --subject repo:team/app:ref:refs/heads/main',
  )
    .argument('<CLIENT_ID>', 'The client id of the service principal.')
    .requiredOption('--issuer <URL>', "The issuer, as its tokens' iss says it to the letter.")
    .requiredOption('--subject <TEXT>', 'The sub that a token must have.')
    .option('--audience <TEXT>', 'The aud that a token must have.', 'api://AzureADTokenExchange')
    .option('--name <NAME>', 'Its name among those of the service principal.', 'default')
    .action(async (id: string, options) => {
      const { federatePrincipal } = await import('./principal.ts');
      end(await federatePrincipal(terminal, id, options));
    });
  sub('rotate', 'Replace the secret; tokens of the old one are refused at once.', 'seawall principal rotate CLIENT_ID')
    .argument('<CLIENT_ID>', 'Its client id; a user by name.')
    .action(async (id: string, options) => {
      const { rotatePrincipal } = await import('./principal.ts');
      end(await rotatePrincipal(terminal, id, options));
    });
  sub(
    'remove',
    'Remove a service principal or user; its tokens are refused at once.',
    'seawall principal remove CLIENT_ID',
  )
    .argument('<CLIENT_ID>', 'Its client id; a user by name.')
    .action(async (id: string, options) => {
      const { removePrincipal } = await import('./principal.ts');
      end(await removePrincipal(terminal, id, options));
    });
}

function addSubscriptions(program: Command, terminal: Terminal, end: End): void {
  program
    .command('subscription')
    .description('Subscriptions of the management API.')
    .helpCommand(false)
    .command('create')
    .description('Make another subscription; run "seawall env" again for az to see it.')
    .argument('<NAME>', 'Display name.')
    .option('--data <PATH>', 'Data directory of the running server. (default: ./data) (env: SEAWALL_DATA)')
    .option('--json', 'Print JSON.')
    .addHelpText('after', '\nExample:\n  seawall subscription create networks')
    .action(async (name: string, options: { readonly data?: string; readonly json?: boolean }) => {
      const { createSubscription } = await import('./subscription.ts');
      end(await createSubscription(terminal, name, options));
    });
}

function addEnvironment(program: Command, terminal: Terminal, end: End): void {
  program
    .command('env')
    .description('Make az ready for the running server, and print the variables that make it so.')
    .option('--data <PATH>', 'Data directory of the running server. (default: ./data) (env: SEAWALL_DATA)')
    .option('--json', 'Print JSON.')
    .addOption(
      new Option('--trust <WHERE>', 'Only make docker, or this system, trust the CA; needs root.').choices([
        'docker',
        'system',
      ]),
    )
    .addOption(new Option('--untrust <WHERE>', 'Only take that back.').choices(['docker', 'system']))
    .addHelpText(
      'after',
      '\nExample:\n  seawall env --data ./data\n\nIn a shell:\n  eval "$(npx --no seawall env)"\n  sudo npx --no seawall env --trust docker',
    )
    .action(async (options: EnvironmentFlags) => {
      const { prepareEnvironment } = await import('./env.ts');
      end(await prepareEnvironment(terminal, options));
    });
}

/** What `env` is given; commander lets through only these words. */
interface EnvironmentFlags {
  readonly data?: string;
  readonly json?: boolean;
  readonly trust?: 'docker' | 'system';
  readonly untrust?: 'docker' | 'system';
}

function addConfiguration(program: Command, terminal: Terminal, end: End): void {
  const config = program.command('config').description('The configuration.').helpCommand(false);
  const form = new Option('--form <FORM>', 'For which form.').choices(['up', 'serve']).default('up');
  withSettings(config.command('show').addOption(form).option('--json', 'Print JSON.'), 'up')
    .description('Show every setting as it would be, and where its value comes from.')
    .addHelpText('after', '\nExample:\n  seawall config show --config seawall.json --json')
    .action(async ({ form: chosen, json, ...flags }: ConfigOptions) => {
      const { showConfig } = await import('./config-show.ts');
      end(await showConfig(terminal, { form: chosen, flags, json: json ?? false }));
    });
  const hosts = program.command('hosts').description('Names of registries on this machine.').helpCommand(false);
  withSettings(hosts.command('print').option('--json', 'Print JSON.'), 'up')
    .description('Print the lines that make the names of the registries known, for a hosts file.')
    .addHelpText('after', '\nExample:\n  seawall hosts print | sudo tee -a /etc/hosts')
    .action(async ({ json, ...flags }: ConfigOptions) => {
      const { printHosts } = await import('./hosts-print.ts');
      end(await printHosts(terminal, { flags, json: json ?? false }));
    });
}

type ConfigOptions = Sources['flags'] & { readonly form: Form; readonly json?: boolean };

function addVersion(program: Command, terminal: Terminal, end: End): void {
  program
    .command('version')
    .description('Print the versions of Seawall and of the Node it runs on.')
    .option('--json', 'Print JSON.')
    .addHelpText('after', '\nExample:\n  seawall version --json')
    .action(async ({ json }: { readonly json?: boolean }) => {
      const version = { seawall: await seawallVersion(), node: process.versions.node };
      terminal.out(
        json === true ? `${JSON.stringify(version)}\n` : `seawall ${version.seawall} on Node ${version.node}\n`,
      );
      end(EXIT.ok);
    });
}
