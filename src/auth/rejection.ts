/** Why a credential is not accepted. For logs and metrics; the message is for the person. */
export type RejectionReason =
  | 'malformed-header'
  | 'header-too-large'
  | 'malformed-token'
  | 'algorithm-not-allowed'
  | 'unknown-key'
  | 'bad-signature'
  | 'wrong-kind-of-token'
  | 'wrong-issuer'
  | 'wrong-audience'
  | 'wrong-registry'
  | 'expired'
  | 'not-yet-valid'
  | 'wrong-credentials'
  | 'credential-changed'
  | 'credential-expired'
  | 'principal-unknown'
  | 'principal-disabled';

/** A credential that is not accepted. */
export interface Rejection {
  readonly kind: 'rejected';
  readonly why: RejectionReason;
  readonly message: string;
}

/** Makes a rejection; `message` says what was wrong and how to mend it, and never repeats a secret. */
export function reject(why: RejectionReason, message: string): Rejection {
  return { kind: 'rejected', why, message };
}
