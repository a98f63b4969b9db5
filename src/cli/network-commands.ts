import { type Command, Option } from 'commander';
import type { ExitCode } from './exit-code.ts';
import type { Terminal } from './terminal.ts';

/** Takes what a command ended with. */
type End = (code: ExitCode) => void;

/** The commands that say who reaches a registry. */
export function addPerimeter(program: Command, terminal: Terminal, end: End): void {
  const withServer = (command: Command, example: string): Command =>
    command
      .option('--data <PATH>', 'Data directory of the running server. (default: ./data) (env: SEAWALL_DATA)')
      .option('--json', 'Print JSON.')
      .addHelpText('after', `\nExample:\n  ${example}`);
  withServer(
    program
      .command('explain')
      .description('Say whether a client would reach a registry, which rule decides, and what would change it.')
      .requiredOption('-r, --registry <NAME>', 'Name of the registry.')
      .requiredOption('--from <WHERE>', 'An address, the id of a subnet, or the name of a host.')
      .option('--proposed <JSON>', 'Properties of the registry as they would be, such as networkRuleSet.'),
    'seawall explain --registry myregistry --from 203.0.113.9',
  ).action(async (options) => {
    const { explainAccess } = await import('./explain.ts');
    end(await explainAccess(terminal, options));
  });
  withServer(
    program
      .command('denials')
      .description('List who was refused by network rules, the newest first.')
      .option('-r, --registry <NAME>', 'Of this registry alone.')
      .option('--address <ADDRESS>', 'Of this address alone.')
      .option('--reason <REASON>', 'For this reason alone, such as default-deny.')
      .option('--most <NUMBER>', 'At most this many.', '100'),
    'seawall denials --registry myregistry',
  ).action(async (options) => {
    const { listDenials } = await import('./explain.ts');
    end(await listDenials(terminal, options));
  });
}

/** The command that attacks a login server of the user's own. */
export function addAttack(program: Command, terminal: Terminal, end: End): void {
  program
    .command('attack')
    .description(
      'Attack the network rules of a login server of your own, each attack beside a twin that must be let in.',
    )
    .requiredOption('--login-server <HOST[:PORT]>', 'The login server, which a rule refuses from outside.')
    .requiredOption('-u, --username <NAME>', 'A user of the registry: rules must hold for those who sign in, too.')
    .requiredOption('-p, --password <PASSWORD>', 'Its password.')
    .option(
      '--outside <COMMAND>',
      'Connects to %h and %p from where no rule lets in; or lab:HOST. (default: this machine)',
    )
    .option('--inside <COMMAND>', 'The same from where a rule lets in.')
    .option('--ca <FILE>', "Certificate of the CA to trust. (default: the running server's, or those of the system)")
    .option('--data <PATH>', 'Data directory of the running server. (default: ./data) (env: SEAWALL_DATA)')
    .option('--json', 'Print JSON.')
    .addHelpText(
      'after',
      "\nExample:\n  seawall attack --login-server myregistry.azurecr.io -u myregistry -p … --inside 'ssh jump nc %h %p'",
    )
    .action(async (options) => {
      const { attack } = await import('./attack.ts');
      end(await attack(terminal, options));
    });
}

/** The commands of the lab. */
export function addLab(program: Command, terminal: Terminal, end: End): void {
  program
    .command('demo')
    .description('Play the story of a network rule on real packets, with a client of its own (Linux, root).')
    .addHelpText('after', '\nExample:\n  seawall demo')
    .action(async () => {
      const { playDemo } = await import('./demo.ts');
      end(await playDemo(terminal));
    });
  const lab = program
    .command('lab')
    .description('Virtual networks and hosts of real packets on this machine (Linux, root).')
    .helpCommand(false);
  const sub = (name: string, about: string, example: string): Command =>
    lab.command(name).description(about).addHelpText('after', `\nExample:\n  ${example}`);
  const withServer = (command: Command): Command =>
    command.option('--data <PATH>', 'Data directory of the running server. (default: ./data) (env: SEAWALL_DATA)');
  sub('doctor', 'Say whether this machine can have a lab, and if not, what to do.', 'seawall lab doctor')
    .option('--public-prefix <PREFIX>', 'Prefix that the lab would take public addresses from.')
    .option('--json', 'Print JSON.')
    .action(async (options) => {
      const { labDoctor } = await import('./tools.ts');
      end(await labDoctor(terminal, options));
    });
  sub(
    'down',
    'Take away what a lab left on this machine, when no server is there to do so.',
    'seawall lab down',
  ).action(async () => {
    const { labDown } = await import('./tools.ts');
    end(await labDown(terminal));
  });
  addImages(lab, terminal, end);
  withServer(sub('list', 'List the hosts of the lab.', 'seawall lab list'))
    .option('--substitutions', 'List what was answered by the lab in place of something outside it.')
    .option('--json', 'Print JSON.')
    .action(async (options) => {
      const { listLab, listSubstitutions } = await import('./lab.ts');
      end(await (options.substitutions === true ? listSubstitutions : listLab)(terminal, options));
    });
  withServer(
    sub(
      'host',
      'Make a bare host on a subnet.',
      'seawall lab host jump --subnet "$(az network vnet subnet show … --query id -o tsv)"',
    ),
  )
    .argument('<NAME>', 'Its name, which its network interface has too.')
    .requiredOption('--subnet <ID>', 'Id of the subnet.')
    .option('--public-ip', 'Give it a public address of its own.')
    .option('--json', 'Print JSON.')
    .action(async (name: string, options) => {
      const { makeHost } = await import('./lab.ts');
      end(await makeHost(terminal, name, options));
    });
  withServer(
    sub(
      'exec',
      "Run a command in a host's network, with the lab's names and CA.",
      'seawall lab exec jump -- curl https://myregistry.azurecr.test/v2/',
    ),
  )
    .argument('<HOST>', 'Name of the host.')
    .argument('<COMMAND...>', 'The command with its arguments.')
    .passThroughOptions()
    .action(async (host: string, command: readonly string[], options) => {
      const { execInHost } = await import('./lab.ts');
      // A command ends with whatever code it likes.
      const argv = command[0] === '--' ? command.slice(1) : command;
      end((await execInHost(terminal, host, argv, options)) as ExitCode);
    });
}

/** The commands on what hosts are laid over. */
function addImages(lab: Command, terminal: Terminal, end: End): void {
  const inFolder = (command: Command, example: string): Command =>
    command
      .option('--images <PATH>', 'Folder of base images. (default: /var/lib/seawall-lab/images) (env: SEAWALL_IMAGES)')
      .addHelpText('after', `\nExample:\n  ${example}`);
  const image = inFolder(
    lab.command('image').description('Make the base image that hosts are laid over (Linux, root); some minutes.'),
    'seawall lab image',
  )
    .helpCommand(false)
    .addOption(
      new Option('--for <USE>', 'What hosts of it do: be logged in to, or run containers (AKS, container groups).')
        .choices(['machines', 'containers'])
        .default('machines'),
    )
    .option('--from <PATH>', 'An OCI image layout or a folder with the files of a root, in place of Debian packages.')
    .option('--machine-root', "A copy of this machine's own root, in place of Debian packages.")
    .option('--name <NAME>', 'Its name, in place of that of its distribution, such as debian-12.')
    .option('--json', 'Print JSON.')
    .action(async (options) => {
      const { makeLabImage } = await import('./lab-image.ts');
      end(await makeLabImage(terminal, options));
    });
  inFolder(image.command('list').description('List the base images there are.'), 'seawall lab image list')
    .option('--json', 'Print JSON.')
    .action(async (_, command: Command) => {
      const { listLabImages } = await import('./lab-image.ts');
      end(await listLabImages(terminal, command.optsWithGlobals()));
    });
  inFolder(
    image.command('remove').description('Remove a base image that no running host is laid over.'),
    'seawall lab image remove debian-12',
  )
    .argument('<NAME>', 'Its name.')
    .option('--image-version <VERSION>', 'This version alone.')
    .action(async (name: string, _, command: Command) => {
      const { removeLabImage } = await import('./lab-image.ts');
      end(await removeLabImage(terminal, name, command.optsWithGlobals()));
    });
}
