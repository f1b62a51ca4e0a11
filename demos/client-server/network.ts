import { fullMesh, type NetworkConfig } from 'xstate-panorama';
import { kiosk } from './kiosk.js';
import { office } from './office.js';

/** All the tickets there are. */
export const TICKETS = 1000;

/** The server and its clients as a network within one program: to check, simulate and run without sockets. */
export default {
  processes: {
    office: { logic: office, input: { tickets: TICKETS } },
    north: { logic: kiosk, input: { id: 'north', pauseMs: 8 } },
    south: { logic: kiosk, input: { id: 'south', pauseMs: 10 } },
    west: { logic: kiosk, input: { id: 'west', pauseMs: 12 } },
  },
  channels: [...fullMesh(['office', 'north']), ...fullMesh(['office', 'south']), ...fullMesh(['office', 'west'])],
} satisfies NetworkConfig;
