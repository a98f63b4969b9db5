/** A server with a lab and one network, in a process of its own, to be killed. */
import { startSeawall } from '../../src/testkit/start-seawall.ts';
import { armOf } from '../management/arm.ts';

const user = process.argv[2];
const seawall = await startSeawall({
  settings: { lab: 'on', control: '127.0.0.1:0', ...(user === undefined ? {} : { user }) },
});
const arm = await armOf(seawall);
const group = `${arm.subscription}/resourceGroups/lab`;
await arm.must('PUT', group, { location: 'westeurope' });
await arm.must('PUT', `${group}/providers/Microsoft.Network/virtualNetworks/one`, {
  location: 'westeurope',
  properties: {
    addressSpace: { addressPrefixes: ['10.0.0.0/16'] },
    subnets: [{ name: 'one', properties: { addressPrefix: '10.0.0.0/24' } }],
  },
});
process.send?.('ready');
