import { fullMesh, type Network, type NetworkConfig } from 'xstate-panorama';
import { laiYang } from 'xstate-panorama/algorithms';
import { teller } from './teller.js';

/** The tellers. */
export const tellers = ['alice', 'bob', 'carol'] as const;

/** A teller's id. */
export type Teller = (typeof tellers)[number];

/** What each has at the beginning. */
export const BALANCE = 100;

const open = (id: Teller) => ({
  logic: teller,
  input: { balance: BALANCE, peers: tellers.filter((other) => other !== id) },
});

/** Three tellers; on no channel between them does what was sent first arrive first. */
const config = {
  processes: { alice: open('alice'), bob: open('bob'), carol: open('carol') },
  channels: fullMesh(tellers, { fifo: false }),
} satisfies NetworkConfig;

export default {
  ...config,
  options: { algorithm: laiYang },
};

/** Under `xstate-panorama run`: somebody pays somebody now and then. */
export function traffic(network: Network<typeof config.processes>): () => void {
  let n = 0;
  const timer = setInterval(() => {
    const from = tellers[n++ % tellers.length]!;
    network.send(from, { type: 'PAY', to: tellers[n % tellers.length]!, amount: 1 });
  }, 5);
  return () => clearInterval(timer);
}
