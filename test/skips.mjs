/* oxlint-disable import/no-default-export -- node:test takes a reporter by its default export */
import { watchForHang } from './hang.mjs';

/**
 * A reporter of node:test that lists, at the end, every test that was skipped, with its reason, and counts them: a test
 * that did not run must not look like one that passed.
 */
export default async function* skips(source) {
  const skipped = [];
  const above = [];
  const saw = watchForHang();
  for await (const event of source) {
    saw(event);
    const { type, data } = event;
    if (type === 'test:start') above[data.nesting] = data.name;
    else if ((type === 'test:pass' || type === 'test:fail') && data.skip !== undefined)
      skipped.push([[...above.slice(0, data.nesting), data.name].join(' › '), reason(data.skip)]);
  }
  yield `\nskipped tests: ${skipped.length}\n`;
  for (const [name, why] of skipped) yield `  ${name}: ${why}\n`;
}

/** A test may be skipped without saying why; that is said too. */
function reason(skip) {
  return typeof skip === 'string' && skip !== '' ? skip : 'no reason given';
}
