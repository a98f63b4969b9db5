import type { JsonObject } from '../../../azure/json.ts';

/** A size of machines. */
export interface Size {
  readonly name: string;
  readonly cores: number;
  readonly memoryMb: number;
  readonly temporaryDiskMb: number;
  readonly dataDisks: number;
}

const OS_DISK_MB = 1_047_552;

function size(
  name: string,
  cores: number,
  memoryMb: number,
  more: readonly [temporaryDiskMb: number, dataDisks: number],
): Size {
  return { name, cores, memoryMb, temporaryDiskMb: more[0], dataDisks: more[1] };
}

/** The sizes there are: those that articles and az's defaults use (facts/acr.md §4.6). */
export const SIZES: readonly Size[] = [
  size('Standard_B1s', 1, 1024, [4096, 2]),
  size('Standard_B1ms', 1, 2048, [4096, 2]),
  size('Standard_B2s', 2, 4096, [8192, 4]),
  size('Standard_B2ms', 2, 8192, [16_384, 4]),
  size('Standard_DS1_v2', 1, 3584, [7168, 4]),
  size('Standard_DS2_v2', 2, 7168, [14_336, 8]),
  size('Standard_D2s_v3', 2, 8192, [16_384, 4]),
  size('Standard_D4s_v3', 4, 16_384, [32_768, 8]),
  size('Standard_D2s_v5', 2, 8192, [0, 4]),
  size('Standard_D4s_v5', 4, 16_384, [0, 8]),
  size('Standard_D2as_v5', 2, 8192, [0, 4]),
  size('Standard_D8s_v5', 8, 32_768, [0, 16]),
  size('Standard_E2s_v5', 2, 16_384, [0, 4]),
  size('Standard_F2s_v2', 2, 4096, [16_384, 4]),
];

/** A size as `vmSizes` lists it. */
export function sizeJson({ name, cores, memoryMb, temporaryDiskMb, dataDisks }: Size): JsonObject {
  return {
    name,
    numberOfCores: cores,
    osDiskSizeInMB: OS_DISK_MB,
    resourceDiskSizeInMB: temporaryDiskMb,
    memoryInMB: memoryMb,
    maxDataDiskCount: dataDisks,
  };
}

/** A size as `skus` lists it, in these regions. */
export function skuJson({ name, cores, memoryMb, dataDisks }: Size, locations: readonly string[]): JsonObject {
  const [tier = '', ...rest] = name.split('_');
  return {
    resourceType: 'virtualMachines',
    name,
    tier,
    size: rest.join('_'),
    family: `standard${rest.join('').replaceAll(/\d/g, '')}Family`,
    locations,
    locationInfo: locations.map((location) => ({ location, zones: [], zoneDetails: [] })),
    capabilities: [
      { name: 'vCPUs', value: String(cores) },
      { name: 'MemoryGB', value: String(memoryMb / 1024) },
      { name: 'MaxDataDiskCount', value: String(dataDisks) },
      { name: 'HyperVGenerations', value: 'V1,V2' },
      { name: 'CpuArchitectureType', value: 'x64' },
    ],
    restrictions: [],
  };
}
