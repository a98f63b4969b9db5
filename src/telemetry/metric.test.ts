import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { type RequestSample, createMetrics } from './metric.ts';

const SAMPLE: RequestSample = {
  listener: 'registry',
  route: 'end-3',
  method: 'GET',
  status: 200,
  durationMs: 4,
  receivedBytes: 0,
  sentBytes: 100,
};

describe('metrics', () => {
  it('count requests by route, method and class of status', async () => {
    const metrics = createMetrics({ ofProcess: false });
    metrics.requestAnswered(SAMPLE);
    metrics.requestAnswered({ ...SAMPLE, status: 206 });
    metrics.requestAnswered({ ...SAMPLE, status: 404 });
    const { text, contentType } = await metrics.expose();
    assert.match(contentType, /^text\/plain; version=0\.0\.4/);
    assert.match(
      text,
      /seawall_http_requests_total\{listener="registry",route="end-3",method="GET",status="2xx"\} 2\n/,
    );
    assert.match(text, /status="4xx"\} 1\n/);
    assert.match(text, /seawall_http_sent_bytes_total\{listener="registry",route="end-3"\} 300\n/);
    assert.match(text, /duration_seconds_bucket\{le="0.005",listener="registry",route="end-3"\} 3\n/);
  });

  it('make no series of a method that a client invented', async () => {
    const metrics = createMetrics({ ofProcess: false });
    metrics.requestAnswered({ ...SAMPLE, method: 'BREW' });
    const { text } = await metrics.expose();
    assert.match(text, /method="other"/);
    assert.doesNotMatch(text, /BREW/);
  });

  it('count what is in flight, and an end only once', async () => {
    const metrics = createMetrics({ ofProcess: false });
    const end = metrics.requestStarted('control');
    metrics.requestStarted('control');
    end();
    end();
    assert.match((await metrics.expose()).text, /in_flight\{listener="control"\} 1\n/);
  });

  it('ask for the open uploads when they are read', async () => {
    const metrics = createMetrics({ ofProcess: false });
    let open = 1;
    metrics.watchUploads(() => open);
    open = 3;
    assert.match((await metrics.expose()).text, /seawall_uploads_open 3\n/);
  });

  it('count rejections and store failures by reason', async () => {
    const metrics = createMetrics({ ofProcess: false });
    metrics.authRejected('token-expired');
    metrics.storeFailed('put-manifest');
    const { text } = await metrics.expose();
    assert.match(text, /seawall_auth_rejections_total\{reason="token-expired"\} 1\n/);
    assert.match(text, /seawall_store_errors_total\{operation="put-manifest"\} 1\n/);
  });

  it('have those of the process where asked, and not where not', async () => {
    assert.match((await createMetrics({ ofProcess: true }).expose()).text, /process_resident_memory_bytes/);
    assert.doesNotMatch((await createMetrics({ ofProcess: false }).expose()).text, /process_resident_memory_bytes/);
  });
});
