import type { ApiVersions } from '../../api-version.ts';

/** Clients of Azure's network ask for many versions (facts/acr.md §0.2). */
export const NETWORK_VERSIONS: ApiVersions = {
  kind: 'range',
  from: '2015-06-15',
  shown: [
    '2025-05-01',
    '2024-10-01',
    '2024-07-01',
    '2024-05-01',
    '2024-01-01',
    '2023-11-01',
    '2023-09-01',
    '2023-04-01',
    '2022-07-01',
    '2022-01-01',
    '2021-08-01',
    '2021-02-01',
    '2020-11-01',
    '2020-06-01',
    '2019-11-01',
    '2018-11-01',
    '2018-08-01',
    '2017-10-01',
    '2015-06-15',
  ],
};
