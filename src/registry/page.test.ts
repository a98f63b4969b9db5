import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { nextLink, parsePage } from './page.ts';

/** Query, what is asked for. */
const ACCEPTED: readonly (readonly [string, object])[] = [
  ['', { limit: 100 }],
  ['n=5', { limit: 5 }],
  ['n=0', { limit: 0 }],
  ['n=007', { limit: 7 }],
  ['n=10000', { limit: 10_000 }],
  ['n=10001', { limit: 10_000 }],
  ['n=999999999', { limit: 10_000 }],
  ['last=v1', { limit: 100, last: 'v1' }],
  ['last=', { limit: 100 }],
  ['n=2&last=a%2Fb', { limit: 2, last: 'a/b' }],
  ['last=%00', { limit: 100, last: '\0' }],
];

describe('a page', () => {
  for (const [query, page] of ACCEPTED)
    it(`of ?${query} is ${JSON.stringify(page)}`, () => {
      assert.deepEqual(parsePage(new URLSearchParams(query), 100), page);
    });

  for (const n of ['', '-1', '1.5', '1e3', '0x10', 'all', ' 1', '9999999999', '１'])
    it(`of n=${JSON.stringify(n)} is refused`, () => {
      const page = parsePage(new URLSearchParams({ n }), 100);
      assert.ok('code' in page);
      assert.deepEqual(
        [page.code, page.message],
        ['REQUEST_INVALID', `n is ${JSON.stringify(n)}, not a number of results`],
      );
    });

  it('is refused without repeating a long value', () => {
    const page = parsePage(new URLSearchParams({ n: 'x'.repeat(10_000) }), 100);
    assert.ok('code' in page && (page.message ?? '').length < 100);
  });
});

describe('the link to the next page', () => {
  it('leads on behind the last entry, with everything that was asked', () => {
    const link = nextLink('/v2/a/tags/list', { limit: 2, last: 'x' }, 'a/b c', { orderby: 'timeasc' });
    assert.deepEqual(link, { link: '</v2/a/tags/list?last=a%2Fb+c&n=2&orderby=timeasc>; rel="next"' });
  });

  it('can be read as the page it leads to', () => {
    const { link } = nextLink('/v2/_catalog', { limit: 2 }, 'team/app');
    const query = /\?(.*)>/.exec(String(link))?.[1];
    assert.deepEqual(parsePage(new URLSearchParams(query), 100), { limit: 2, last: 'team/app' });
  });

  it('cannot be broken out of by an entry', () => {
    const { link } = nextLink('/p', { limit: 1 }, '>; rel="x"\r\na: b');
    assert.doesNotMatch(String(link).slice(1, -'; rel="next"'.length - 1), /[<>"\r\n]/);
  });

  it('is absent when nothing follows', () => assert.deepEqual(nextLink('/p', { limit: 2 }, undefined), {}));
  it('is absent when nothing was asked for', () => assert.deepEqual(nextLink('/p', { limit: 0 }, 'a'), {}));
});
