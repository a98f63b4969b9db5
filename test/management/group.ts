import { startSeawall, type TestSeawall } from '../../src/testkit/start-seawall.ts';
import { type Arm, armOf } from './arm.ts';

/** A server of its own, and one resource group of it to work in. */
export interface ServerWithGroup {
  readonly seawall: TestSeawall;
  readonly arm: Arm;
  /** The id of the group. */
  readonly group: string;
}

/** Starts a server and makes a group in it; whoever asked closes `seawall`. */
export async function startWithGroup(name: string): Promise<ServerWithGroup> {
  const seawall = await startSeawall();
  const arm = await armOf(seawall);
  const group = `${arm.subscription}/resourceGroups/${name}`;
  await arm.must('PUT', group, { location: 'westeurope' });
  return { seawall, arm, group };
}
