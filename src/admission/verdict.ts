/** Why a caller is let in. */
export type AllowedReason = 'default-allow' | 'ip-rule' | 'subnet-rule' | 'private-endpoint' | 'trusted-service';

/** Why a caller is refused. */
export type RefusedReason =
  | 'unattributed'
  | 'default-deny'
  | 'public-access-disabled'
  | 'endpoint-of-another-registry'
  | 'endpoint-not-approved'
  | 'bypass-off'
  | 'bypass-void';

/** What was decided, and by what (invariant 7). Interned: deciding makes no object. */
export type Verdict =
  | { readonly kind: 'allowed'; readonly reason: AllowedReason; readonly rule?: string }
  | { readonly kind: 'refused'; readonly reason: RefusedReason };
