import type { ArmError } from '../../../../azure/error.ts';
import { type JsonObject, listOf, objectOf } from '../../../../azure/json.ts';

/** Names that Azure does not give to administrators (learn.microsoft.com/azure/virtual-machines/linux/faq). */
const RESERVED = new Set(
  (
    '1 123 a actuser adm admin admin1 admin2 administrator aspnet backup console david guest john owner root server sql ' +
    'support support_388945a0 sys test test1 test2 test3 user user1 user2 user3 user4 user5 video'
  ).split(' '),
);
const COMPUTER_NAME = /^(?!\d+$)[A-Za-z0-9](?:[A-Za-z0-9-]{0,62}[A-Za-z0-9])?$/;
const USER_NAME = /^[a-z_][a-z0-9_-]{0,63}$/;
const PUBLIC_KEY = /^(ssh-rsa|ssh-ed25519) ([A-Za-z0-9+/]+={0,2})(?: [\x20-\x7e]*)?$/;

/** Why a machine cannot be set up as its `osProfile` says; `undefined` when it can. */
export function osProfileRefusal(profile: JsonObject): ArmError | undefined {
  const { computerName, adminUsername, adminPassword, linuxConfiguration } = profile;
  const at = (name: string): string => `properties.osProfile.${name}`;
  if (typeof computerName !== 'string' || !COMPUTER_NAME.test(computerName))
    return invalid(
      at('computerName'),
      `The value ${shown(computerName)} of '${at('computerName')}' is not allowed: a Linux host name has 1 to 64 letters, digits and hyphens, neither begins nor ends with a hyphen, and is not a number.`,
    );
  if (typeof adminUsername !== 'string' || !USER_NAME.test(adminUsername))
    return invalid(
      at('adminUsername'),
      `The value ${shown(adminUsername)} of '${at('adminUsername')}' is not allowed: a Linux user name has 1 to 64 lower-case letters, digits, hyphens and underscores, and begins with a letter or underscore.`,
    );
  if (RESERVED.has(adminUsername))
    return invalid(at('adminUsername'), `The Admin Username specified is not allowed: '${adminUsername}' is reserved.`);
  if (typeof adminPassword === 'string')
    return invalid(
      at('adminPassword'),
      `'${at('adminPassword')}' is not built here: machines are signed in to by key. Use az vm create --generate-ssh-keys, or --ssh-key-values.`,
    );
  return keyRefusal(objectOf(linuxConfiguration), adminUsername);
}

function keyRefusal({ ssh }: JsonObject, user: string): ArmError | undefined {
  const target = 'properties.osProfile.linuxConfiguration.ssh.publicKeys';
  const keys = listOf(objectOf(ssh)['publicKeys']).map(objectOf);
  if (keys.length === 0)
    return invalid(
      target,
      `'${target}' has no key: authentication using SSH is required. Use az vm create --generate-ssh-keys.`,
    );
  const home = `/home/${user}/.ssh/authorized_keys`;
  for (const [i, { path, keyData }] of keys.entries()) {
    if (typeof keyData !== 'string' || !isPublicKey(keyData.trim()))
      return invalid(
        `${target}[${i}].keyData`,
        `The value ${shown(keyData)} of '${target}[${i}].keyData' is not a public key: it must be one of ssh-rsa or ssh-ed25519.`,
      );
    if (typeof path === 'string' && path !== home)
      return invalid(
        `${target}[${i}].path`,
        `The value ${shown(path)} of '${target}[${i}].path' is not allowed: it must be ${home}.`,
      );
  }
  return undefined;
}

/** What follows the type begins with the same type, after its length in four bytes (RFC 4253, section 6.6). */
function isPublicKey(text: string): boolean {
  const [, type = '', body = ''] = PUBLIC_KEY.exec(text) ?? [];
  const bytes = Buffer.from(body, 'base64');
  return (
    type !== '' &&
    bytes.length > type.length + 2 * LENGTH &&
    bytes.readUInt32BE(0) === type.length &&
    bytes.toString('latin1', LENGTH, LENGTH + type.length) === type
  );
}

const LENGTH = 4;

function shown(value: unknown): string {
  return (JSON.stringify(value) ?? 'absent').slice(0, 100);
}

function invalid(target: string, message: string): ArmError {
  return { code: 'InvalidParameter', target, message };
}
