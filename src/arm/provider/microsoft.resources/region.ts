/** A region as `GET /subscriptions/{s}/locations` shows it. */
export interface Region {
  readonly name: string;
  readonly displayName: string;
  readonly regionalDisplayName: string;
  readonly type: 'Region';
}

const NAMES: readonly (readonly [string, string])[] = [
  ['East US', 'US'],
  ['East US 2', 'US'],
  ['South Central US', 'US'],
  ['West US 2', 'US'],
  ['West US 3', 'US'],
  ['Central US', 'US'],
  ['North Central US', 'US'],
  ['West US', 'US'],
  ['West Central US', 'US'],
  ['Canada Central', 'Canada'],
  ['Canada East', 'Canada'],
  ['Brazil South', 'South America'],
  ['North Europe', 'Europe'],
  ['West Europe', 'Europe'],
  ['UK South', 'Europe'],
  ['UK West', 'Europe'],
  ['France Central', 'Europe'],
  ['Germany West Central', 'Europe'],
  ['Italy North', 'Europe'],
  ['Norway East', 'Europe'],
  ['Poland Central', 'Europe'],
  ['Spain Central', 'Europe'],
  ['Sweden Central', 'Europe'],
  ['Switzerland North', 'Europe'],
  ['UAE North', 'Middle East'],
  ['Qatar Central', 'Middle East'],
  ['Israel Central', 'Middle East'],
  ['South Africa North', 'Africa'],
  ['Australia East', 'Asia Pacific'],
  ['Australia Southeast', 'Asia Pacific'],
  ['Australia Central', 'Asia Pacific'],
  ['Southeast Asia', 'Asia Pacific'],
  ['East Asia', 'Asia Pacific'],
  ['Japan East', 'Asia Pacific'],
  ['Japan West', 'Asia Pacific'],
  ['Korea Central', 'Asia Pacific'],
  ['Central India', 'Asia Pacific'],
  ['South India', 'Asia Pacific'],
];

/** The regions that are offered. Every one is this server: a location is kept and shown, and nothing runs elsewhere. */
export const REGIONS: readonly Region[] = NAMES.map(([displayName, geography]) => ({
  name: displayName.replaceAll(' ', '').toLowerCase(),
  displayName,
  regionalDisplayName: `(${geography}) ${displayName}`,
  type: 'Region',
}));
