/** A program of the town: the hub, which supervises and has the server and the checkpoints, or a client of it. */
import type { AddressInfo } from 'node:net';
import { join } from 'node:path';
import { WebSocket, WebSocketServer } from 'ws';
import { createFileStore } from '../../../src/checkpoint/file-store.js';
import { loadLatestCheckpoint, type CheckpointStore } from '../../../src/checkpoint/index.js';
import { createProcess, isPanoramaError } from '../../../src/index.js';
import { createFileInputStore } from '../../../src/recovery/file-input-store.js';
import { logInputs, supervise, type InputStore, type RecoveryEvent } from '../../../src/recovery/index.js';
import { webSocketServer } from '../../../src/transports/web-socket-server.js';
import { webSocket } from '../../../src/transports/web-socket.js';
import { createHeapWatch } from '../../soak/heap-watch.js';
import { depot } from './depot.js';

/** Where a program can be told to stay, before and after what it does there. */
export type Phase =
  'saving' | 'saved' | 'deciding' | 'decided' | 'fetching' | 'fetched' | 'logging' | 'logged' | 'trimming' | 'trimmed';

/** How a program is started. */
export interface Setup {
  readonly id: string;
  readonly directory: string;
  /** Those of a hub; none: it is one of them. */
  readonly clients: readonly string[];
  /** Where a client finds the hub. */
  readonly url: string;
  readonly silenceMs: number;
  /** How many crashes and failures in a row are tolerated; undefined: as many as by default. */
  readonly tolerate: number | undefined;
  /** Where it stays, once it comes there. */
  readonly stayAt: Phase | undefined;
}

/** What the town asks. */
export type Asked =
  | { readonly type: 'input'; readonly n: number }
  | { readonly type: 'snapshot' }
  | { readonly type: 'heap' }
  | { readonly type: 'stay'; readonly at: Phase };

/** What a program says. */
export type Said =
  | { readonly type: 'begun' | 'stopped' }
  | { readonly type: 'listening'; readonly port: number }
  | { readonly type: 'reached'; readonly phase: Phase }
  | { readonly type: 'safe'; readonly n: number }
  | { readonly type: 'unsafe'; readonly n: number; readonly why: string }
  | { readonly type: 'link'; readonly event: string; readonly peer: string; readonly why: string }
  | {
      readonly type: 'recovery';
      readonly event: RecoveryEvent['type'];
      readonly process: string;
      readonly epoch: number;
      readonly why: string;
    }
  | { readonly type: 'snapshot'; readonly snapshot: unknown; readonly epoch: number }
  | { readonly type: 'no-snapshot'; readonly why: string }
  | { readonly type: 'heap'; readonly growthBytes: number; readonly isFlat: boolean }
  /** Another life acts in its place: it ends. */
  | { readonly type: 'superseded'; readonly why: string }
  /** What must never be. */
  | { readonly type: 'failed'; readonly what: string; readonly why: string };

const { id, directory, clients, url, silenceMs, tolerate, stayAt } = JSON.parse(process.argv[2]!) as Setup;
const isHub = clients.length > 0;
const say = (said: Said) => void (process.connected && process.send!(said));
const stays = new Set([stayAt]);
const messageOf = (error: unknown) => (error instanceof Error ? error.message : String(error)).slice(0, 300);

/** Stays in this phase for good, if it was told to. */
async function reach(phase: Phase): Promise<void> {
  if (!stays.has(phase)) return;
  say({ type: 'reached', phase });
  await new Promise(() => undefined);
}

async function within<T>(before: Phase, after: Phase, act: () => Promise<T>): Promise<T> {
  await reach(before);
  const result = await act();
  await reach(after);
  return result;
}

function phasedStore(): CheckpointStore {
  const files = createFileStore({ directory: join(directory, 'checkpoints') });
  let epoch = 0;
  return {
    ...files,
    save: (...what) => within('saving', 'saved', () => files.save(...what)),
    load: (snapshotId) => within('fetching', 'fetched', () => files.load(snapshotId)),
    register: {
      read: () => files.register.read(),
      replace(version, value) {
        const last = epoch;
        ({ epoch } = value as { readonly epoch: number });
        const replace = () => files.register.replace(version, value);
        return epoch > last ? within('deciding', 'decided', replace) : replace();
      },
    },
  };
}

function phasedInputs(): InputStore {
  const file = createFileInputStore({ path: join(directory, `${id}.inputs`) });
  return {
    append: (event) => within('logging', 'logged', () => file.append(event)),
    readAfter: (...what) => file.readAfter(...what),
    trim: (upTo) => within('trimming', 'trimmed', () => file.trim(upTo)),
  };
}

const store = phasedStore();
const pending = new Set<Promise<void>>();
let isEnding = false;

/** What was begun comes to its end first: nothing of it may be said to be safe. */
async function endSuperseded(error: unknown): Promise<void> {
  if (isEnding) return;
  isEnding = true;
  say({ type: 'superseded', why: messageOf(error) });
  while (pending.size > 0) await Promise.all(pending);
  process.send!({ type: 'stopped' } satisfies Said, () => process.exit());
}

const isSuperseded = (error: unknown) => isPanoramaError(error) && error.code === 'superseded';

function failed(what: string, error: unknown): void {
  if (!isEnding) say({ type: 'failed', what, why: messageOf(error) });
}

say({ type: 'begun' });
const own = isHub ? await serve() : connect();
own.links$.subscribe((event) => {
  if (event.type === 'life.superseded') return void endSuperseded(event.error);
  if (event.type === 'link.waiting') return;
  const why = 'error' in event ? messageOf(event.error) : 'reason' in event ? messageOf(event.reason) : '';
  say({ type: 'link', event: event.type, peer: event.peer, why });
});
own.start();
const log = logInputs(own, { store: phasedInputs() });
// Who has lost the log hears of that by the others, too: one must not stand in for the other.
log.done.catch((error: unknown) => isSuperseded(error) || failed('its log of inputs', error));
const others = isHub ? clients : ['hub'];
let round = 0;
setInterval(() => {
  const to = others[round++ % others.length]!;
  if (!isEnding) for (let amount = 1; amount < 4; amount++) own.send({ type: 'DELIVER', to, amount });
}, 12);
if (isHub) oversee();

function oversee(): void {
  const tolerance = tolerate === undefined ? {} : { tolerateCrashes: tolerate, tolerateFailures: tolerate };
  const recovery = supervise(own, { store, everyMs: 100, ...tolerance });
  recovery.events$.subscribe((event) => {
    if (event.type === 'checkpoint.removed') return;
    const {
      process = '',
      epoch = own.epoch,
      error = '',
    } = event as { process?: string; epoch?: number; error?: unknown };
    say({ type: 'recovery', event: event.type, process, epoch, why: messageOf(error) });
  });
  recovery.done.catch((error: unknown) =>
    isSuperseded(error) ? endSuperseded(error) : failed('the supervision', error),
  );
}

function take(n: number): void {
  const taken = log.send({ type: 'INPUT', n }).then(
    () => say({ type: 'safe', n }),
    (error: unknown) => say({ type: 'unsafe', n, why: messageOf(error) }),
  );
  pending.add(taken);
  void taken.then(() => pending.delete(taken));
}

const heap = createHeapWatch();
process.on('message', (asked: Asked) => {
  if (asked.type === 'input') take(asked.n);
  else if (asked.type === 'stay') stays.add(asked.at);
  else if (asked.type === 'heap') {
    heap.sample();
    say({ type: 'heap', growthBytes: heap.growthBytes, isFlat: heap.isFlat });
  } else {
    own.takeSnapshot({ timeoutMs: 20_000 }).then(
      (snapshot) => say({ type: 'snapshot', snapshot, epoch: own.epoch }),
      (error: unknown) => say({ type: 'no-snapshot', why: messageOf(error) }),
    );
  }
});
process.on('disconnect', () => process.exit());

async function serve() {
  const server = new WebSocketServer({ port: 0, host: '127.0.0.1' });
  await new Promise((resolve) => server.once('listening', resolve));
  say({ type: 'listening', port: (server.address() as AddressInfo).port });
  const sockets = webSocketServer(server, { heartbeatMs: 1000 });
  const peers = Object.fromEntries(clients.map((client) => [client, { transport: sockets.peer(client), silenceMs }]));
  const { snapshot } = await loadLatestCheckpoint(store);
  return createProcess(depot, { id, peers, input: { id }, snapshot });
}

function connect() {
  const hub = webSocket(url, { WebSocket, heartbeatMs: 1000 });
  const loadCheckpoint = (snapshotId: string) => store.load(snapshotId);
  return createProcess(depot, { id, peers: { hub }, input: { id }, loadCheckpoint });
}
