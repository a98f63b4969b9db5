import assert from 'node:assert/strict';
import test from 'node:test';
import { judge } from './report.ts';

const report = (status: string) => `Test results
OCI Conformance Test: Pass
  OCI Conformance Test/blobs: Pass
    OCI Conformance Test/blobs/mount: ${status}
      - registry returned status 202

OCI Conformance Result: Pass
  Disabled......................:          0
  Skip..........................:          1
  Pass..........................:          1
  FAIL..........................:          0
  Error.........................:          0

API conformance:
  Blob mount....................:       Pass
`;

test('a report of which everything passed passes, and one with a failure does not', () => {
  assert.equal(judge(report('Pass'), {}).kind, 'passed');
  assert.equal(judge(report('FAIL'), {}).kind, 'failed');
});

test('what was skipped fails the run, unless it is excused by name', () => {
  assert.equal(judge(report('Skip'), {}).kind, 'failed');
  const excused = judge(report('Skip'), { 'OCI Conformance Test/blobs/mount': 'needs a source' });
  assert.equal(excused.kind, 'passed');
  assert.match(excused.text, /Skip: .*mount \(needs a source\)/);
});

test('a failure cannot be excused', () => {
  assert.equal(judge(report('FAIL'), { 'OCI Conformance Test/blobs/mount': 'no' }).kind, 'failed');
});

test('a row of the tables counts as well', () => {
  const disabled = report('Pass').replace('......:       Pass', '......:   Disabled');
  assert.equal(judge(disabled, {}).kind, 'failed');
});

test('the last line has the counts', () => {
  const last = judge(report('Pass'), {}).text.split('\n').at(-1);
  assert.equal(last, 'conformance: 1 passed, 0 failed, 1 skipped, 0 disabled');
});

test('a suite that said nothing of a result is not taken for one that passed', () => {
  assert.equal(judge('failed to setup test', {}).kind, 'unreadable');
});
