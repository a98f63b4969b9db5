import { makeImage, type Origin } from '../base-image/make.ts';
import type { BaseImage } from '../base-image/image.ts';
import { listImages, removeImage } from '../base-image/shelf.ts';
import { SETTINGS } from '../config/setting.ts';
import { EXIT, type ExitCode } from './exit-code.ts';
import { print } from './print.ts';
import type { Terminal } from './terminal.ts';

/** What the commands on base images are told. */
interface ImagesOption {
  /** The folder of all base images. */
  readonly images?: string | undefined;
}

/** What `lab image` is told. */
export interface LabImageOptions extends ImagesOption {
  readonly for: 'machines' | 'containers';
  readonly from?: string;
  readonly machineRoot?: boolean;
  readonly name?: string;
  readonly json?: boolean;
}

function folderOf({ env }: Terminal, { images }: ImagesOption): string {
  return images ?? env['SEAWALL_IMAGES'] ?? SETTINGS.images.defaults.up;
}

/** `lab image`: makes the base root that hosts are laid over, with its steps on standard error. */
export async function makeLabImage(terminal: Terminal, options: LabImageOptions): Promise<ExitCode> {
  if (options.from !== undefined && options.machineRoot === true) {
    terminal.err('seawall: --from and --machine-root are two origins: give one\n');
    return EXIT.usage;
  }
  const beganMs = Date.now();
  const told = (step: string): void => {
    terminal.err(`seawall: ${String(Math.round((Date.now() - beganMs) / 1000)).padStart(4)} s  ${step}\n`);
  };
  // Ctrl-C ends the tool that runs, and then what was begun is taken away.
  const stay = (): void => undefined;
  process.on('SIGINT', stay).on('SIGTERM', stay);
  try {
    const images = folderOf(terminal, options);
    const origin = originOf(options);
    const made = await makeImage({ images, origin, name: options.name, nowMs: beganMs, told });
    if (made.kind === 'refused') {
      terminal.err(`seawall: ${made.why}\n`);
      return EXIT.failed;
    }
    told(`made ${made.image.name} ${made.image.version} in ${images}`);
    show(terminal, [made.image], options.json);
    return EXIT.ok;
  } catch (error) {
    const said = error instanceof Error ? error.message : String(error);
    terminal.err(`seawall: the base image was not made, and nothing is left of it: ${said}\n`);
    return EXIT.failed;
  } finally {
    process.off('SIGINT', stay).off('SIGTERM', stay);
  }
}

function originOf({ from, machineRoot, for: purpose }: LabImageOptions): Origin {
  if (machineRoot === true) return { kind: 'machine' };
  return from === undefined ? { kind: 'packages', purpose } : { kind: 'folder', path: from };
}

/** `lab images`: the base roots there are. */
export async function listLabImages(
  terminal: Terminal,
  options: ImagesOption & { readonly json?: boolean },
): Promise<ExitCode> {
  show(terminal, await listImages(folderOf(terminal, options)), options.json);
  return EXIT.ok;
}

function show(terminal: Terminal, images: readonly BaseImage[], json: boolean | undefined): void {
  const rows = images.map(({ name, version, os, purpose, from }) => [name, version, os, purpose, from]);
  print(terminal, { value: images, heading: ['IMAGE', 'VERSION', 'SYSTEM', 'FOR', 'FROM'], rows }, json ?? false);
}

/** `lab image-remove`: takes base roots away that no running host is laid over. */
export async function removeLabImage(
  terminal: Terminal,
  name: string,
  options: ImagesOption & { readonly imageVersion?: string },
): Promise<ExitCode> {
  const folder = folderOf(terminal, options);
  const removed = await removeImage(folder, name, options.imageVersion);
  switch (removed.kind) {
    case 'removed':
      for (const one of removed.images) terminal.out(`removed ${one.name} ${one.version}\n`);
      return EXIT.ok;
    case 'unknown':
      terminal.err(`seawall: ${folder} has no image ${name}; see: seawall lab images\n`);
      return EXIT.failed;
    case 'in-use':
      terminal.err(
        `seawall: a host is laid over ${removed.image.name} ${removed.image.version}: delete the host, or stop the server\n`,
      );
      return EXIT.denied;
  }
}
