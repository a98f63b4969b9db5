/** Base roots: the frozen files that hosts of the lab are laid over. Pure. */

/** What hosts of a base root do: be logged in to, or run containers (nodes of clusters, container groups). */
export type Purpose = 'machines' | 'containers';

/** One base root, as `image.json` beside it says. */
export interface BaseImage {
  readonly schema: typeof SCHEMA;
  /** Unique among the images of one folder, with the version. */
  readonly name: string;
  /** The time at which it was made, such as `20260131T120000Z`: the newest of a name is used. */
  readonly version: string;
  /** Distribution and release, as `/etc/os-release` has them, such as `debian-12`. */
  readonly os: string;
  readonly purpose: Purpose;
  /** Where its files come from, for people. */
  readonly from: string;
  /** Hosts that its packages are fetched from. */
  readonly packageHosts: readonly string[];
}

/** The version of `image.json`. */
export const SCHEMA = 1;

/** The base root that the command makes when it is told nothing else. */
export const DEFAULT_OS = 'debian-12';

/** The distribution that each image of the marketplace is of, by the name that `az vm create --image` takes. */
const OS_OF_ALIAS: Readonly<Record<string, string>> = {
  Ubuntu2204: 'ubuntu-22.04',
  Ubuntu2404: 'ubuntu-24.04',
  Debian11: 'debian-11',
  Debian12: 'debian-12',
};

/** The base root for an image of the marketplace. */
export type Chosen =
  | { readonly kind: 'exact'; readonly image: BaseImage }
  /** Another distribution stands for it. */
  | { readonly kind: 'substitute'; readonly image: BaseImage; readonly wanted: string }
  | { readonly kind: 'none'; readonly why: string };

/**
 * Chooses the base root of a machine by the alias of its image: the newest of its own distribution, else the newest there
 * is, if substitutions are allowed.
 */
export function chooseMachineImage(images: readonly BaseImage[], alias: string, substitutions: boolean): Chosen {
  const machines = images.filter(({ purpose }) => purpose === 'machines');
  const wanted = OS_OF_ALIAS[alias];
  const exact = newest(machines.filter(({ os }) => os === wanted));
  if (exact !== undefined) return { kind: 'exact', image: exact };
  const other = newest(machines.filter(({ os }) => os === DEFAULT_OS)) ?? newest(machines);
  if (other === undefined)
    return { kind: 'none', why: 'there is no base image on this machine; make one: sudo seawall lab image' };
  if (substitutions) return { kind: 'substitute', image: other, wanted: wanted ?? alias };
  return {
    kind: 'none',
    why: `there is no base image of ${wanted ?? alias}, and substitutions are off: give one by "seawall lab image --from FOLDER", or set substitutions on`,
  };
}

/** The newest base root for hosts that run containers. */
export function chooseContainerImage(images: readonly BaseImage[]): Chosen {
  const image = newest(images.filter(({ purpose }) => purpose === 'containers'));
  if (image !== undefined) return { kind: 'exact', image };
  const why =
    'there is no base image for hosts that run containers on this machine; make one: sudo seawall lab image --for containers';
  return { kind: 'none', why };
}

function newest(images: readonly BaseImage[]): BaseImage | undefined {
  return images.reduce<BaseImage | undefined>(
    (best, one) => (best === undefined || one.version > best.version ? one : best),
    undefined,
  );
}

/** A time as a version: it sorts like the time. */
export function versionAt(nowMs: number): string {
  return `${new Date(nowMs).toISOString().replaceAll(/[-:]|\.\d+/g, '')}`;
}

/** Whether a name may be one of an image: it becomes a folder. */
export function isImageName(name: string): boolean {
  return /^[a-z0-9][a-z0-9.-]{0,63}$/.test(name);
}

/** Distribution and release of a root, as its `/etc/os-release` says: `debian-12`; `undefined` when it does not say. */
export function osOf(release: string): string | undefined {
  const value = (key: string): string | undefined =>
    new RegExp(`^${key}="?([a-zA-Z0-9._-]+)"?$`, 'm').exec(release)?.[1];
  const [id, version] = [value('ID'), value('VERSION_ID')];
  return id === undefined
    ? undefined
    : [id, version]
        .filter((part) => part !== undefined)
        .join('-')
        .toLowerCase();
}
