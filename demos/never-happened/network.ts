import { ring, type Network, type NetworkConfig } from 'xstate-panorama';
import { p, q } from './machines.js';

/** Two processes, with a channel each way. */
const config = { processes: { p, q }, channels: ring(['p', 'q']) } satisfies NetworkConfig;

export default config;

/** Under `xstate-panorama run`: both go whenever they can. */
export function traffic(network: Network<typeof config.processes>): () => void {
  const timers = (['p', 'q'] as const).map((id, index) =>
    setInterval(() => network.send(id, { type: 'GO' }), 20 + 7 * index),
  );
  return () => timers.forEach((timer) => clearInterval(timer));
}
