import type { ApiVersions } from '../../api-version.ts';

/** Azure's clients ask in many versions, whose machines and disks are one here (facts/acr.md §0.2). */
export const COMPUTE_VERSIONS: ApiVersions = {
  kind: 'range',
  from: '2015-06-15',
  shown: [
    '2025-04-01',
    '2024-11-01',
    '2024-07-01',
    '2023-09-01',
    '2022-11-01',
    '2022-08-01',
    '2020-06-01',
    '2019-07-01',
  ],
};
