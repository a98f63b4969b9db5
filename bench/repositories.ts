/** Where small images go: a peer that writes a repository's whole list with each push would measure nothing else with one. */
export const SMALL_REPOSITORIES: readonly string[] = Array.from({ length: 16 }, (_, i) => `small/${i}`);

/** The repositories that rows write to and read from; tokens are made for all of them. */
export const REPOSITORIES: readonly string[] = [
  'hot',
  'blob',
  'push',
  'page',
  'referrers',
  'catalog',
  ...SMALL_REPOSITORIES,
];
