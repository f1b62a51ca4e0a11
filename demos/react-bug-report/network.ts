import { fullMesh, type NetworkConfig } from 'xstate-panorama';
import { desk } from './desk.js';
import { lab } from './lab.js';

/** The page and its worker, as a network within one program: to check, simulate and run without a browser. */
export default {
  processes: { desk, lab },
  channels: fullMesh(['desk', 'lab']),
} satisfies NetworkConfig;
