import { chooseContainerImage, chooseMachineImage, type Chosen } from '../base-image/image.ts';
import { listImages, rootOf } from '../base-image/shelf.ts';
import type { Config } from '../config/config.ts';
import type { Substitutions } from '../outside/substitution.ts';

/** The files that a host is laid over, or why there are none. */
export type BaseRoot =
  | { readonly kind: 'root'; readonly root: string }
  | { readonly kind: 'none'; readonly why: string };

/** Finds base roots, and tells of one that stands for another distribution. */
export interface BaseRoots {
  /** For a machine of an image of the marketplace, by the name that `az vm create --image` takes. */
  forMachine(alias: string): Promise<BaseRoot>;
  /** For a host that runs containers. */
  forContainers(): Promise<BaseRoot>;
}

/** Looks into the folder of base images at every question: one may be made while the server runs. */
export function baseRoots(
  { images, substitutions: allowed }: Pick<Config, 'images' | 'substitutions'>,
  substitutions: Substitutions,
): BaseRoots {
  const found = (chosen: Chosen): BaseRoot => {
    if (chosen.kind === 'none') return chosen;
    if (chosen.kind === 'substitute')
      substitutions.made({
        what: 'operating-system',
        asked: `an image of ${chosen.wanted}`,
        given: `the base image ${chosen.image.name} ${chosen.image.version}`,
      });
    return { kind: 'root', root: rootOf(images, chosen.image) };
  };
  return {
    forMachine: async (alias) => found(chooseMachineImage(await listImages(images), alias, allowed)),
    forContainers: async () => found(chooseContainerImage(await listImages(images))),
  };
}
