import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { readFile } from 'node:fs/promises';

/** What keeps user namespaces from those without root, with the value that does, and what mends it. */
const SWITCHES: readonly (readonly [string, string, string])[] = [
  ['/proc/sys/kernel/unprivileged_userns_clone', '0', 'sysctl -w kernel.unprivileged_userns_clone=1'],
  [
    '/proc/sys/kernel/apparmor_restrict_unprivileged_userns',
    '1',
    'sysctl -w kernel.apparmor_restrict_unprivileged_userns=0',
  ],
  ['/proc/sys/user/max_user_namespaces', '0', 'sysctl -w user.max_user_namespaces=10000'],
];

/** Why somebody without root can make no networks of their own here, with what mends it; `undefined` when they can. */
export async function whyNoUserNamespace(): Promise<string | undefined> {
  if (process.platform !== 'linux') return `it needs Linux, and this is ${process.platform}`;
  const why = await refusalOf(['unshare', '--user', '--map-root-user', '--net', '--mount', 'true']);
  if (why === undefined) return undefined;
  for (const [path, value, mend] of SWITCHES) {
    const found = await readFile(path, 'utf8').catch(() => '');
    if (found.trim() === value) return `user namespaces are for root alone here (${path} is ${value}): sudo ${mend}`;
  }
  return why;
}

async function refusalOf([tool = '', ...args]: readonly string[]): Promise<string | undefined> {
  const child = spawn(tool, args, { stdio: ['ignore', 'ignore', 'pipe'] });
  let said = '';
  child.stderr.setEncoding('utf8').on('data', (text: string) => (said += text));
  try {
    const [code]: readonly unknown[] = await once(child, 'close');
    return code === 0 ? undefined : `user namespaces cannot be made here: ${said.trim()}`;
  } catch {
    return `${tool} is missing: apt-get install --yes util-linux`;
  }
}
