/** One kind of refusal of the management API: its status. */
interface ArmErrorEntry {
  readonly status: number;
}

/** The refusals of the management API, by Azure's own codes. */
export const ARM_ERROR = {
  AuthenticationFailed: { status: 401 },
  AuthorizationFailed: { status: 403 },
  MissingApiVersionParameter: { status: 400 },
  InvalidRequestContent: { status: 400 },
  UnAuthorizedForCredentialOperations: { status: 400 },
  ResourceNotFound: { status: 404 },
  MethodNotAllowed: { status: 405 },
  InternalServerError: { status: 500 },
} as const satisfies Record<string, ArmErrorEntry>;

/** One key of {@link ARM_ERROR}. */
export type ArmErrorCode = keyof typeof ARM_ERROR;

/** What went wrong, as a value; `target` names the property or parameter. */
export interface ArmError {
  readonly code: ArmErrorCode;
  readonly message: string;
  readonly target?: string;
}

/** The status and JSON body of an error (ARM's common error envelope). */
export function renderArmError({ code, message, target }: ArmError): { status: number; body: string } {
  const error = { code, message, ...(target === undefined ? {} : { target }) };
  return { status: ARM_ERROR[code].status, body: JSON.stringify({ error }) };
}
