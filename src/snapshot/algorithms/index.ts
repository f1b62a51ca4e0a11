/** Ways to take snapshots, for `createNetwork(config, { algorithm })`: one module each, over the same channels, supervisor and verifier. */
export type { Algorithm } from './algorithm.js';
export { chandyLamport } from './chandy-lamport.js';
export { laiYang } from './lai-yang.js';
export { mattern } from './mattern.js';
export { stopDrainRecord } from './stop-drain-record.js';
