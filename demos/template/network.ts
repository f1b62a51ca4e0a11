import { ring, type NetworkConfig } from 'xstate-panorama';
import { tank } from './tank.js';

/** All the water there is, in litres. */
export const LITRES = 100;

/** Two tanks that pump into each other. */
export default {
  processes: {
    upper: { logic: tank, input: { litres: LITRES, next: 'lower', pumpMs: 20 } },
    lower: { logic: tank, input: { litres: 0, next: 'upper', pumpMs: 30 } },
  },
  channels: ring(['upper', 'lower']),
} satisfies NetworkConfig;
