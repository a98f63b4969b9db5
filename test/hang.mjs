/** No test may be silent for longer than this (the article in hosts installs packages for minutes); `SEAWALL_TEST_QUIET_MS` is for the test of this file. */
const QUIET_MS = Number(process.env.SEAWALL_TEST_QUIET_MS ?? 20 * 60_000);

/**
 * Ends a run of node:test in which nothing happens any more, and says what it was waiting for: a test that hangs, or
 * something that a test left open, which keeps the process and its totals from ending. Answers a function that is to be
 * called with every event of the run.
 */
export function watchForHang() {
  const running = new Map();
  const timer = setTimeout(() => end([...running.values()]), QUIET_MS);
  // What hangs keeps the process by itself; this must not.
  timer.unref();
  return ({ type, data }) => {
    timer.refresh();
    const key = `${data?.file}:${data?.line}:${data?.column} ${data?.name}`;
    if (type === 'test:dequeue') running.set(key, `${data.name} (${data.file}:${data.line})`);
    else if (type === 'test:complete') running.delete(key);
  };
}

function end(running) {
  const open = [...new Set(process.getActiveResourcesInfo())].join(', ');
  const what =
    running.length === 0 ? 'every test has ended, but something was left open' : `running: ${running.join('; ')}`;
  process.stderr.write(`\ntest: nothing has happened for ${QUIET_MS / 1000} s; ${what}; open: ${open}\n`);
  process.exit(1);
}
