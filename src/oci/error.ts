/** One kind of refusal: its status, its message when nothing better is known, and its code where that is not its key. */
interface ErrorEntry {
  readonly status: number;
  readonly message: string;
  readonly code?: string;
}

/**
 * Every refusal of the data plane, each with its one status. The keys are the error codes of the distribution
 * specification, "Error Codes"; where a refusal has a status of its own but no code of its own, `code` names the
 * specification's nearest. `TAG_UNKNOWN` appears on `/acr/v1` alone, which that specification does not cover.
 */
export const OCI_ERROR = {
  BLOB_UNKNOWN: { status: 404, message: 'blob unknown to registry' },
  BLOB_UPLOAD_INVALID: { status: 400, message: 'blob upload invalid' },
  BLOB_UPLOAD_UNKNOWN: { status: 404, message: 'blob upload unknown to registry' },
  DIGEST_INVALID: { status: 400, message: 'provided digest did not match uploaded content' },
  MANIFEST_BLOB_UNKNOWN: { status: 404, message: 'manifest references a manifest or blob unknown to registry' },
  MANIFEST_INVALID: { status: 400, message: 'manifest invalid' },
  MANIFEST_UNKNOWN: { status: 404, message: 'manifest unknown to registry' },
  NAME_INVALID: { status: 400, message: 'invalid repository name' },
  NAME_UNKNOWN: { status: 404, message: 'repository name not known to registry' },
  SIZE_INVALID: { status: 400, message: 'provided length did not match content length' },
  UNAUTHORIZED: { status: 401, message: 'authentication required' },
  DENIED: { status: 403, message: 'requested access to the resource is denied' },
  UNSUPPORTED: { status: 405, message: 'the operation is unsupported' },
  TOOMANYREQUESTS: { status: 429, message: 'too many requests' },
  TAG_UNKNOWN: { status: 404, message: 'the specified tag does not exist' },
  TAG_INVALID: { code: 'MANIFEST_INVALID', status: 400, message: 'invalid tag' },
  MANIFEST_TOO_LARGE: { code: 'MANIFEST_INVALID', status: 413, message: 'manifest too large' },
  BLOB_TOO_LARGE: { code: 'SIZE_INVALID', status: 413, message: 'blob larger than this registry accepts' },
  UPLOAD_OUT_OF_ORDER: { code: 'BLOB_UPLOAD_INVALID', status: 416, message: 'the chunk does not follow the last one' },
  RANGE_UNSATISFIABLE: { code: 'SIZE_INVALID', status: 416, message: 'the blob does not have the range asked for' },
  REQUEST_INVALID: { code: 'UNSUPPORTED', status: 400, message: 'the request is malformed' },
  TOO_MANY_TAGS: { code: 'MANIFEST_INVALID', status: 414, message: 'too many tags in one request' },
  EXPECTATION_FAILED: {
    code: 'UNSUPPORTED',
    status: 417,
    message: 'the only expectation that can be met is 100-continue',
  },
  ENDPOINT_UNKNOWN: { code: 'UNSUPPORTED', status: 404, message: 'no such endpoint' },
  MISDIRECTED: { code: 'UNSUPPORTED', status: 421, message: 'this server does not answer for the host that was asked' },
  UNAVAILABLE: { status: 503, message: 'the registry is not ready; try again' },
  INSUFFICIENT_STORAGE: { status: 507, message: 'the registry has no room left for this content' },
  INTERNAL: { status: 500, message: 'the registry failed; its log says why under the correlation id of this answer' },
} as const satisfies Record<string, ErrorEntry>;

/** One key of {@link OCI_ERROR}. */
export type OciErrorCode = keyof typeof OCI_ERROR;

/** What went wrong, as a value: `message` overrides the code's own, `detail` is any JSON value. */
export interface OciError {
  readonly code: OciErrorCode;
  readonly message?: string;
  readonly detail?: unknown;
}

/** What an error says, in its own words or those of its kind. */
export function messageOf({ code, message }: OciError): string {
  return message ?? OCI_ERROR[code].message;
}

/** The status and JSON body of an error (distribution-spec, "Error Codes"). */
export function renderOciError(error: OciError): { status: number; body: string } {
  const entry: ErrorEntry = OCI_ERROR[error.code];
  const first = {
    code: entry.code ?? error.code,
    message: messageOf(error),
    ...(error.detail === undefined ? {} : { detail: error.detail }),
  };
  return { status: entry.status, body: JSON.stringify({ errors: [first] }) };
}
