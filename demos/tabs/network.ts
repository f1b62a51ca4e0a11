import { fullMesh, type NetworkConfig } from 'xstate-panorama';
import { player } from './player.js';

/** Coins that each tab brings along. */
export const COINS = 100;

const playerWith = (...others: string[]) => ({ logic: player, input: { coins: COINS, others } });

/** Three tabs as a network within one program: to check, simulate and run without a browser. */
export default {
  processes: {
    red: playerWith('green', 'blue'),
    green: playerWith('blue', 'red'),
    blue: playerWith('red', 'green'),
  },
  channels: fullMesh(['red', 'green', 'blue']),
} satisfies NetworkConfig;
