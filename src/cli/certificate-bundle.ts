import { readFile } from 'node:fs/promises';

/** Where systems keep the CAs they trust, in one file: Debian, Fedora, Alpine and macOS. */
const SYSTEM_BUNDLES = ['/etc/ssl/certs/ca-certificates.crt', '/etc/pki/tls/certs/ca-bundle.crt', '/etc/ssl/cert.pem'];

/** The CAs that this system trusts and one more, as PEM: for programs that take one file in place of the system's. */
export async function certificateBundle(caFile: string): Promise<string> {
  const own = await readFile(caFile, 'utf8');
  for (const path of SYSTEM_BUNDLES) {
    const system = await readFile(path, 'utf8').catch(() => undefined);
    if (system !== undefined) return `${system.trimEnd()}\n${own}`;
  }
  return own;
}
