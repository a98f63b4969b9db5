import { okJson } from '../http/reply.ts';
import type { ControlRoute } from './control-plane.ts';

const UBUNTU = { publisher: 'Canonical', version: 'latest', architecture: 'x64' };
const DEBIAN = { publisher: 'Debian', version: 'latest', architecture: 'x64' };

/**
 * The names by which `az vm create --image` knows images, in the form az reads (facts/acr.md §0.3). The offers and SKUs
 * were written from memory; az only passes them on.
 */
const ALIASES = {
  Linux: {
    Ubuntu2204: { ...UBUNTU, offer: '0001-com-ubuntu-server-jammy', sku: '22_04-lts-gen2' },
    Ubuntu2404: { ...UBUNTU, offer: 'ubuntu-24_04-lts', sku: 'server' },
    Debian11: { ...DEBIAN, offer: 'debian-11', sku: '11-backports-gen2' },
    Debian12: { ...DEBIAN, offer: 'debian-12', sku: '12-gen2' },
  },
  Windows: {},
};

/** The alias document of images; az asks for it without signing in. */
export const IMAGE_ALIAS_ROUTE: ControlRoute = {
  spec: 'image-aliases',
  method: 'GET',
  path: '/seawall/image-aliases.json',
  handle: async () => okJson({ outputs: { aliases: { value: ALIASES } } }),
};
