import { type ArmError, renderArmError } from '../azure/error.ts';
import type { Refusal } from '../connection/client-error.ts';
import { type Reply, refuse, refuseArm } from '../http/reply.ts';
import { type OciError, messageOf } from '../oci/error.ts';

/** The two listeners of a server. */
export type ListenerName = 'registry' | 'control';

/** A request that is refused before any plane sees it. */
export type Refused = Reply & { readonly refusal: string };

/** Refuses a request before any plane sees it, in the form that the clients of its listener read. */
export function earlyRefusal(listener: ListenerName, error: OciError): Refused {
  if (listener === 'registry') return { ...refuse(error), refusal: error.code };
  return {
    ...refuseArm({ code: ARM_CODE[error.code] ?? 'BadRequest', message: messageOf(error) }),
    refusal: error.code,
  };
}

const ARM_CODE: Readonly<Partial<Record<OciError['code'], ArmError['code']>>> = {
  MISDIRECTED: 'MisdirectedRequest',
  EXPECTATION_FAILED: 'ExpectationFailed',
};

/** The body for a client of the management API whose request could not be read at all; its status is chosen already. */
export function unreadableBody({ status, message }: Refusal): string {
  return renderArmError({ code: OF_STATUS[status] ?? 'BadRequest', message }).body;
}

const OF_STATUS: Readonly<Record<number, ArmError['code']>> = {
  405: 'MethodNotAllowed',
  408: 'RequestTimeout',
  431: 'RequestHeadersTooLarge',
};
