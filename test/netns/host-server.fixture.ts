/** A server with a lab and one host, in a process of its own, to be killed. */
import { startHostLab } from './host-lab.ts';

const lab = await startHostLab({ settings: { hosts: process.argv[2] ?? 'end' } });
const address = await lab.machine('jump');
process.send?.({ address, data: lab.seawall.dataDir, key: lab.key });
