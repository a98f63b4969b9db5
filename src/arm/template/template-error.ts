import type { ArmError, ArmErrorCode } from '../../azure/error.ts';

/** A template, or an expression in one, that cannot be deployed. Thrown within this folder, and a refusal outside. */
export class TemplateError extends Error {
  override name = 'TemplateError';
  readonly code: ArmErrorCode;
  readonly details: readonly ArmError[];

  constructor(message: string, code: ArmErrorCode = 'InvalidTemplate', details: readonly ArmError[] = []) {
    super(message);
    this.code = code;
    this.details = details;
  }

  /** The error as the management API answers it. */
  toArmError(): ArmError {
    const { code, message, details } = this;
    return details.length === 0 ? { code, message } : { code, message, details };
  }
}
