import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { OCI_ERROR, type OciErrorCode, renderOciError } from './error.ts';

/** The table of the distribution specification, "Error Codes", with the statuses its endpoints give. */
const SPEC: Readonly<Record<string, readonly number[]>> = {
  BLOB_UNKNOWN: [404],
  BLOB_UPLOAD_INVALID: [400, 416],
  BLOB_UPLOAD_UNKNOWN: [404],
  DIGEST_INVALID: [400],
  MANIFEST_BLOB_UNKNOWN: [404],
  MANIFEST_INVALID: [400, 413, 414],
  MANIFEST_UNKNOWN: [404],
  NAME_INVALID: [400],
  NAME_UNKNOWN: [404],
  SIZE_INVALID: [400, 413, 416],
  UNAUTHORIZED: [401],
  DENIED: [403],
  UNSUPPORTED: [400, 404, 405, 417, 421],
  TOOMANYREQUESTS: [429],
};

/** Codes that the specification does not have, for what it does not cover. */
const OURS = new Set(['TAG_UNKNOWN', 'UNAVAILABLE', 'INSUFFICIENT_STORAGE', 'INTERNAL']);

function render(code: OciErrorCode): { code: string; status: number; message: string } {
  const { status, body } = renderOciError({ code });
  const { errors } = JSON.parse(body) as { errors: [{ code: string; message: string }] };
  assert.equal(errors.length, 1);
  return { ...errors[0], status };
}

describe('an error', () => {
  it('has a code of the specification with a status that fits it, or one of our own', () => {
    for (const key of Object.keys(OCI_ERROR) as OciErrorCode[]) {
      const { code, status } = render(key);
      assert.ok(OURS.has(code) || SPEC[code]?.includes(status), `${key}: ${code} with ${status}`);
    }
  });

  it('can say every code of the specification', () => {
    const codes = new Set((Object.keys(OCI_ERROR) as OciErrorCode[]).map((key) => render(key).code));
    for (const code of Object.keys(SPEC)) assert.ok(codes.has(code), code);
  });

  it('has a message of its own unless a better one is known', () => {
    assert.equal(render('BLOB_UNKNOWN').message, 'blob unknown to registry');
    const { body } = renderOciError({ code: 'BLOB_UNKNOWN', message: 'it went', detail: { digest: 'd' } });
    assert.deepEqual(JSON.parse(body), {
      errors: [{ code: 'BLOB_UNKNOWN', message: 'it went', detail: { digest: 'd' } }],
    });
  });
});
