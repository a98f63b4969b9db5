import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import fc from 'fast-check';
import { BURST_S, type ClientLimits } from './client.ts';
import { Clients } from './clients.ts';

const LIMITS: ClientLimits = { connections: 2, requests: 3, requestsPerSecond: 2, bodyBytes: 100 };
const limits = (changed: Partial<ClientLimits>): ClientLimits => ({ ...LIMITS, ...changed });
const client = (changed: Partial<ClientLimits> = {}) => new Clients(limits(changed), 10).of('a', 0);

describe("a client's connections", () => {
  it('are taken up to its limit, and again when one has ended', () => {
    const one = client();
    assert.deepEqual([one.connect(), one.connect(), one.connect()], [true, true, false]);
    one.disconnect();
    assert.deepEqual([one.connect(), one.connect()], [true, false]);
  });

  it('take nothing from another client', () => {
    const clients = new Clients(LIMITS, 10);
    while (clients.of('a', 0).connect());
    assert.equal(clients.of('b', 0).connect(), true);
  });
});

describe("a client's requests", () => {
  it('are taken up to its limit at once, and again when one is answered', () => {
    const one = client({ requestsPerSecond: 0 });
    assert.deepEqual(
      [0, 0, 0, 0].map((ms) => one.enter(ms)),
      [undefined, undefined, undefined, 'requests'],
    );
    assert.equal(one.retryAfterS('requests'), 1);
    one.leave();
    assert.equal(one.enter(0), undefined);
  });

  it('are taken as fast as it likes where no rate is set', () => {
    const one = client({ requestsPerSecond: 0, requests: 10_000 });
    for (let i = 0; i < 10_000; i++) assert.equal(one.enter(0), undefined);
  });

  it('saved up in a quiet minute are taken at once, and then as many as its rate', () => {
    const one = client({ requests: 1000 });
    for (let i = 0; i < 2 * BURST_S; i++) assert.equal(one.enter(0), undefined);
    assert.equal(one.enter(0), 'rate');
    assert.equal(one.enter(499), 'rate');
    assert.equal(one.retryAfterS('rate'), 1);
    assert.equal(one.enter(500), undefined);
    assert.equal(one.enter(500), 'rate');
  });

  it('may be asked again after the seconds it is told', () => {
    const one = client({ requestsPerSecond: 0.1, requests: 1000 });
    for (let i = 0; i < 6; i++) assert.equal(one.enter(0), undefined);
    assert.equal(one.enter(0), 'rate');
    const seconds = one.retryAfterS('rate');
    assert.equal(seconds, 10);
    assert.equal(one.enter(seconds * 1000), undefined);
  });

  it('are never more in any stretch of time than were saved and than its rate gives', () => {
    const waits = fc.array(fc.integer({ min: 0, max: 3000 }), { maxLength: 400 });
    fc.assert(
      fc.property(waits, fc.integer({ min: 1, max: 5 }), (gaps, requestsPerSecond) => {
        const one = client({ requestsPerSecond, requests: 1000 });
        let nowMs = 0;
        let taken = 0;
        for (const gap of gaps) {
          nowMs += gap;
          if (one.enter(nowMs) === undefined) taken += 1;
        }
        assert.ok(taken <= requestsPerSecond * (BURST_S + nowMs / 1000) + 1e-6);
      }),
    );
  });
});

describe("a client's bodies in memory", () => {
  it('are taken up to its share, and again when they are given back', () => {
    const one = client();
    assert.deepEqual([one.hold(60), one.hold(60), one.hold(40)], [true, false, true]);
    one.release(60);
    assert.equal(one.hold(60), true);
  });

  it('of all clients together are four shares', () => {
    const clients = new Clients(LIMITS, 10);
    const held = ['a', 'b', 'c', 'd', 'e'].map((key) => clients.of(key, 0).hold(100));
    assert.deepEqual(held, [true, true, true, true, false]);
    clients.of('a', 0).release(100);
    assert.equal(clients.of('e', 0).hold(100), true);
  });
});

describe('the clients that are known', () => {
  it('are bounded: who is at rest is forgotten, and nobody whose requests or connections are under way', () => {
    const clients = new Clients(LIMITS, 10);
    const busy = clients.of('busy', 0);
    busy.connect();
    for (let i = 0; i < 100_000; i++) {
      const one = clients.of(`address ${i}`, 0);
      if (one.enter(0) === undefined) one.leave();
    }
    assert.ok(clients.size <= 16_384);
    assert.equal(clients.of('busy', 0), busy);
  });

  it('are not forgotten by making others: who used up its requests stays so', () => {
    const clients = new Clients(limits({ requests: 1000 }), 10);
    while (clients.of('a', 0).enter(0) === undefined) clients.of('a', 0).leave();
    for (let i = 0; i < 16_000; i++) clients.of(`address ${i}`, 0);
    assert.equal(clients.of('a', 0).enter(0), 'rate');
  });
});
