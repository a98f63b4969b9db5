import { IMAGES } from '../arm/provider/microsoft.compute/image.ts';
import { okJson } from '../http/reply.ts';
import type { ControlRoute } from './control-plane.ts';

const LINUX = Object.fromEntries(
  IMAGES.map(({ alias, ...image }) => [alias, { ...image, version: 'latest', architecture: 'x64' }]),
);

/** The names by which `az vm create --image` knows images (facts/acr.md §0.3); az asks for it without signing in. */
export const IMAGE_ALIAS_ROUTE: ControlRoute = {
  spec: 'image-aliases',
  method: 'GET',
  path: '/seawall/image-aliases.json',
  handle: async () => okJson({ outputs: { aliases: { value: { Linux: LINUX, Windows: {} } } } }),
};
