import type { IncomingMessage, ServerResponse } from 'node:http';
import type { Substitutions } from './substitution.ts';

/** Installs the Azure CLI of the distribution itself: what the script behind Microsoft's address does with Microsoft's packages. */
const INSTALL_AZURE_CLI = `#!/bin/bash
set -e
echo 'aka.ms/InstallAzureCLIDeb: answered by the lab with the azure-cli package of this distribution' >&2
if [ "$(id -u)" != 0 ]; then echo 'this script needs root: curl -sL https://aka.ms/InstallAzureCLIDeb | sudo bash' >&2; exit 1; fi
export DEBIAN_FRONTEND=noninteractive
apt-get update
apt-get install --yes --no-install-recommends azure-cli
`;

/** Answers for aka.ms: one short link is known. */
export function shortLinks(substitutions: Substitutions): (request: IncomingMessage, response: ServerResponse) => void {
  return (request, response) => {
    const path = new URL(request.url ?? '/', 'http://aka.ms').pathname;
    const known = path.toLowerCase() === '/installazureclideb';
    if (known)
      substitutions.made({
        what: 'azure-cli-script',
        asked: 'https://aka.ms/InstallAzureCLIDeb',
        given: "a script that installs the distribution's own azure-cli",
      });
    const body = known
      ? INSTALL_AZURE_CLI
      : `the lab stands in for aka.ms and knows /InstallAzureCLIDeb alone, not ${path}\n`;
    response.writeHead(known ? 200 : 404, {
      'content-type': 'text/plain; charset=utf-8',
      'content-length': Buffer.byteLength(body),
    });
    response.end(request.method === 'HEAD' ? undefined : body);
  };
}
