/** The server's program: the office, and whoever connects to it. */
import type { AddressInfo } from 'node:net';
import { WebSocketServer } from 'ws';
import { createProcess } from 'xstate-panorama';
import { webSocketServer } from 'xstate-panorama/web-socket-server';
import network from './network.js';

/** How long a cut lasts, in milliseconds: connections are refused for so long. */
const CUT_MS = 400;

let isCut = false;
const server = new WebSocketServer({
  host: '127.0.0.1',
  port: 0,
  maxPayload: 1_000_000,
  verifyClient: () => !isCut,
});
const { newcomers$ } = webSocketServer(server, { accept: (id) => id in network.processes });
const { logic, input } = network.processes.office;
const office = createProcess(logic, { id: 'office', input });
newcomers$.subscribe(({ id, transport }) => office.addPeer(id, transport));
office.links$.subscribe(({ type, peer }) => {
  if (type === 'link.connected') process.send!({ connected: peer });
});
office.start();
server.once('listening', () => process.send!({ port: (server.address() as AddressInfo).port }));

/** What the demo asks for; snapshots may be taken while connections are cut. */
process.on('message', (command: 'snapshot' | 'cut') => {
  if (command === 'cut') {
    isCut = true;
    for (const socket of server.clients) socket.terminate();
    setTimeout(() => (isCut = false), CUT_MS);
  } else {
    office.takeSnapshot({ timeoutMs: 10_000 }).then(
      (snapshot) => process.send!({ snapshot }),
      (error: unknown) => process.send!({ error: String(error) }),
    );
  }
});
process.on('disconnect', () => process.exit());
