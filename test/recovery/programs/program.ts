/** A program that is killed: the supervisor with the server and the checkpoints, or a client of it. */
import type { AddressInfo } from 'node:net';
import { join } from 'node:path';
import { WebSocket, WebSocketServer } from 'ws';
import { createFileStore } from '../../../src/checkpoint/file-store.js';
import { loadLatestCheckpoint } from '../../../src/checkpoint/index.js';
import { createProcess } from '../../../src/index.js';
import { createFileInputStore } from '../../../src/recovery/file-input-store.js';
import { logInputs, supervise } from '../../../src/recovery/index.js';
import { webSocketServer } from '../../../src/transports/web-socket-server.js';
import { webSocket } from '../../../src/transports/web-socket.js';
import { account, keepPaying } from './account.js';

/** What the test asks. */
export type Asked = { readonly type: 'tally'; readonly n: number } | { readonly type: 'snapshot' };

/** What a program tells. */
export type Said =
  | { readonly type: 'listening'; readonly port: number }
  | { readonly type: 'tallied'; readonly n: number }
  | { readonly type: 'event'; readonly event: string }
  | { readonly type: 'snapshot'; readonly snapshot: unknown };

const [id, directory, port, ...clients] = process.argv.slice(2) as [string, string, string, ...string[]];
const say = (said: Said) => void process.send!(said);
const store = createFileStore({ directory: join(directory, 'checkpoints') });
const input = { balance: 1000 };

const own = clients.length > 0 ? await serve() : connect();
own.links$.subscribe(); // the test knows that links fail: no need to log it
own.start();
const inputs = logInputs(own, { store: createFileInputStore({ path: join(directory, `${id}.inputs`) }) });
keepPaying((event) => own.send(event), clients.length > 0 ? clients : ['hub']);
if (clients.length > 0) {
  const recovery = supervise(own, { store, everyMs: 40, tolerateCrashes: Infinity, tolerateFailures: Infinity });
  recovery.events$.subscribe((event) => {
    if (event.type !== 'checkpoint.removed') say({ type: 'event', event: event.type });
  });
}
process.on('message', (asked: Asked) => {
  if (asked.type === 'tally') {
    void inputs.send({ type: 'TALLY', n: asked.n }).then(() => say({ type: 'tallied', n: asked.n }));
  } else void own.takeSnapshot().then((snapshot) => say({ type: 'snapshot', snapshot }));
});
process.on('disconnect', () => process.exit());

async function serve() {
  const server = new WebSocketServer({ port: Number(port), host: '127.0.0.1' });
  await new Promise((resolve) => server.once('listening', resolve));
  say({ type: 'listening', port: (server.address() as AddressInfo).port });
  const sockets = webSocketServer(server);
  const peers = Object.fromEntries(clients.map((client) => [client, sockets.peer(client)]));
  const { snapshot } = await loadLatestCheckpoint(store);
  return createProcess(account, { id, peers, input, snapshot });
}

function connect() {
  const hub = webSocket(`ws://127.0.0.1:${port}`, { WebSocket });
  return createProcess(account, { id, peers: { hub }, input, loadCheckpoint: (snapshotId) => store.load(snapshotId) });
}
