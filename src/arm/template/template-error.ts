import type { ArmError, ArmErrorCode } from '../../azure/error.ts';

/** The longest message, in characters: what is repeated in it is of the template's own length. */
const LONGEST = 4000;

/** A template, or an expression in one, that cannot be deployed. Thrown within this folder, and a refusal outside. */
export class TemplateError extends Error {
  override name = 'TemplateError';
  readonly code: ArmErrorCode;
  readonly details: readonly ArmError[];

  constructor(message: string, code: ArmErrorCode = 'InvalidTemplate', details: readonly ArmError[] = []) {
    super(message.length > LONGEST ? `${message.slice(0, LONGEST)}…` : message);
    this.code = code;
    this.details = details;
  }

  /** The error as the management API answers it. */
  toArmError(): ArmError {
    const { code, message, details } = this;
    return details.length === 0 ? { code, message } : { code, message, details };
  }
}
