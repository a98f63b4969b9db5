/** Addresses that every router has for itself: no host can be at them, and no packet for them leaves its network. */

/** Where a host asks about itself, as in Azure. */
export const METADATA = '169.254.169.254';
/** What stands in for the world outside the lab. */
export const OUTSIDE = '169.254.100.2';
/** Where it listens for TLS: 443 belongs to the registry at every address. */
export const OUTSIDE_HTTPS_PORT = 3443;
/** The proxy that leads to hosts of packages. */
export const PACKAGES_PORT = 3128;
