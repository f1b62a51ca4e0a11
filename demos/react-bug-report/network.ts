import { fullMesh, type Network, type NetworkConfig } from 'xstate-panorama';
import { desk } from './desk.js';
import { lab } from './lab.js';

/** The page and its worker, as a network within one program: to check, simulate and run without a browser. */
const config = { processes: { desk, lab }, channels: fullMesh(['desk', 'lab']) } satisfies NetworkConfig;

export default config;

/** Under `xstate-panorama run` and `inspect`: somebody hands in a few photos now and then. */
export function traffic(network: Network<typeof config.processes>): () => void {
  const handIn = () => network.send('desk', { type: 'HAND_IN', count: 2 });
  handIn();
  const timer = setInterval(handIn, 500);
  return () => clearInterval(timer);
}
