import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { controlOrigin, registryOrigin } from './origins.ts';

const bound = { host: '127.0.0.1', port: 8443 };

describe('the URL of the control listener', () => {
  it('names localhost where it listens on loopback or everywhere, and its address elsewhere', () => {
    assert.equal(controlOrigin({ controlPublicUrl: undefined }, bound, bound), 'https://localhost:8443');
    assert.equal(
      controlOrigin({ controlPublicUrl: undefined }, bound, { host: '::', port: 0 }),
      'https://localhost:8443',
    );
    assert.equal(
      controlOrigin({ controlPublicUrl: undefined }, bound, { host: '10.0.0.4', port: 8443 }),
      'https://10.0.0.4:8443',
    );
    assert.equal(
      controlOrigin({ controlPublicUrl: undefined }, bound, { host: 'fd00::4', port: 8443 }),
      'https://[fd00::4]:8443',
    );
  });

  it('is the public one where that is set', () => {
    assert.equal(
      controlOrigin({ controlPublicUrl: 'https://control.example/' }, bound, bound),
      'https://control.example',
    );
  });
});

describe('the URL of a registry', () => {
  it('has a port, unless it is the one of its scheme', () => {
    assert.equal(registryOrigin('a.example', 5443, 'https'), 'https://a.example:5443');
    assert.equal(registryOrigin('a.example', 443, 'https'), 'https://a.example');
    assert.equal(registryOrigin('a.example', 443, 'http'), 'http://a.example:443');
    assert.equal(registryOrigin('a.example', 80, 'http'), 'http://a.example');
  });
});
