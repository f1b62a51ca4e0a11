/** A client's program: one kiosk. Run with its id and the server's port. */
import { WebSocket } from 'ws';
import { createProcess } from 'xstate-panorama';
import { webSocket } from 'xstate-panorama/web-socket';
import network from './network.js';

const [id, port] = process.argv.slice(2) as ['north' | 'south' | 'west', string];
const { logic, input } = network.processes[id];
createProcess(logic, {
  id,
  peers: { office: webSocket(`ws://127.0.0.1:${port}`, { WebSocket }) },
  input,
}).start();
process.on('disconnect', () => process.exit());
