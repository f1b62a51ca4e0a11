import { ring, type NetworkConfig } from 'xstate-panorama';
import { holder } from './holder.js';

/** How long a process keeps the token, in milliseconds. */
export const HOLD_MS = 20;

/** Two processes and two channels, in a ring; one token. */
export default {
  processes: {
    p: { logic: holder, input: { next: 'q', hasToken: true, holdMs: HOLD_MS } },
    q: { logic: holder, input: { next: 'p', hasToken: false, holdMs: HOLD_MS } },
  },
  channels: ring(['p', 'q']),
} satisfies NetworkConfig;
