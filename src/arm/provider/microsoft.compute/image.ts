/** An image that machines can be made of. */
export interface Image {
  /** The name by which `az vm create --image` knows it. */
  readonly alias: string;
  readonly publisher: string;
  readonly offer: string;
  readonly sku: string;
}

/** The one version that each image has here; clients also ask for `latest`. */
export const IMAGE_VERSION = '1.0.0';

/**
 * The images, by the names of Azure's own list (the alias list that az 2.91 carries; Ubuntu2404 and Debian12 are not in
 * it, and their offers and SKUs are from memory).
 */
export const IMAGES: readonly Image[] = [
  { alias: 'Ubuntu2204', publisher: 'Canonical', offer: '0001-com-ubuntu-server-jammy', sku: '22_04-lts-gen2' },
  { alias: 'Ubuntu2404', publisher: 'Canonical', offer: 'ubuntu-24_04-lts', sku: 'server' },
  { alias: 'Debian11', publisher: 'Debian', offer: 'debian-11', sku: '11-backports-gen2' },
  { alias: 'Debian12', publisher: 'Debian', offer: 'debian-12', sku: '12-gen2' },
];

/** The image that a reference names, without regard to case. */
export function imageNamed(publisher: string, offer: string, sku: string): Image | undefined {
  const key = [publisher, offer, sku].join('/').toLowerCase();
  return IMAGES.find((image) => [image.publisher, image.offer, image.sku].join('/').toLowerCase() === key);
}
