/** A listening socket that lies in a virtual network, or at a private endpoint: a VLAN, a VPN, a container network. */
export interface NetworkListener {
  /** `HOST:PORT` on this machine. */
  readonly listen: string;
  /** Id of the virtual network that whoever connects here is in. */
  readonly network?: string;
  /** Id of the private endpoint that this address is. */
  readonly privateEndpoint?: string;
}

/** The address by which a virtual network reaches the internet, for its subnets without service endpoint. */
export interface NetworkEgress {
  readonly network: string;
  readonly address: string;
}

/** One thing that a proxy may say of its clients by a field of its PROXY v2 header. */
export interface ProxyAssertion {
  /** `azure` (0xEE), `aws` (0xEA), `namespace` (0x30), or a number such as 0xE1. */
  readonly tlv: string;
  readonly value: string;
  readonly network?: string;
  readonly subnet?: string;
  readonly privateEndpoint?: string;
  readonly trustedService?: string;
}

/** A proxy in front of the registries. It must send a PROXY header, and may say what is listed here alone. */
export interface ProxyDeclaration {
  /** Its address, or the prefix that its addresses are in. */
  readonly from: string;
  /** Whether it brings clients of the internet. */
  readonly internet: boolean;
  readonly asserts: readonly ProxyAssertion[];
}

/** Where networks meet this server outside the lab. */
export interface Perimeter {
  readonly networkListeners: readonly NetworkListener[];
  readonly networkEgress: readonly NetworkEgress[];
  readonly proxies: readonly ProxyDeclaration[];
}
