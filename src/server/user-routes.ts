import type { JsonObject } from '../azure/json.ts';
import type { Directory, User } from '../directory/port.ts';
import { createdJson, okJson, type Reply, refuseArm } from '../http/reply.ts';

const NAME = /^[a-z0-9._'+-]{1,64}@[a-z0-9](?:[a-z0-9.-]{0,251}[a-z0-9])?$/;

/** Makes a user of `userPrincipalName`; the password is in the answer this once. */
export async function createUser(directory: Directory, body: JsonObject, nowMs: number): Promise<Reply> {
  const { userPrincipalName, displayName } = body;
  const name = typeof userPrincipalName === 'string' ? userPrincipalName.toLowerCase() : '';
  const target = 'userPrincipalName';
  if (!NAME.test(name))
    return refuseArm({
      code: 'InvalidRequestContent',
      target,
      message: `The value ${JSON.stringify(userPrincipalName)} of '${target}' is not allowed: it must look like alice@example.com.`,
    });
  const shown = typeof displayName === 'string' && displayName !== '' ? displayName.slice(0, 120) : name;
  const made = await directory.createUser({ userPrincipalName: name, displayName: shown, createdMs: nowMs });
  if (made !== undefined) return createdJson({ ...userJson(made.user), secret: made.password });
  const message = `There is a user '${name}' already: seawall principal rotate ${name} gives a new password.`;
  return refuseArm({ code: 'Conflict', target, message });
}

/** A user as the commands of `seawall principal` show one. */
export function userJson({ userPrincipalName, objectId, displayName, createdMs }: User): JsonObject {
  return { displayName, userPrincipalName, objectId, createdTime: new Date(createdMs).toISOString() };
}

/** A user by object id or name. */
export function findUser(directory: Directory, text: string): User | undefined {
  const now = directory.snapshot();
  return now.user(text.toLowerCase()) ?? now.userNamed(text);
}

/** A new password for a user, shown this once. */
export async function rotateUser(directory: Directory, user: User, nowMs: number): Promise<Reply | undefined> {
  const secret = await directory.rotateUser(user.objectId, nowMs);
  return secret === undefined ? undefined : okJson({ ...userJson(user), secret });
}
