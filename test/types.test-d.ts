/** Wrong use does not compile: `tsc` reads this file, and complains of any error that is expected and missing. */
import { createActor, fromTransition, setup, type EventObject } from 'xstate';
import { createMemoryStore } from '../src/checkpoint/index.js';
import { deadlocked, detect, messagesOf, quantity, terminated, tokenLost, watch } from '../src/detect/index.js';
import '../src/testing/vitest/index.js';
import { expect } from 'vitest';
import {
  attachProcess,
  createNetwork,
  createProcess,
  diffSnapshots,
  fullMesh,
  processOf,
  ring,
  verifySnapshot,
  withPeers,
  type CreatedProcess,
  type GlobalSnapshot,
  type Network,
  type NetworkConfig,
  type Peers,
  type SnapshotOf,
} from '../src/index.js';
import { serializeSnapshot } from '../src/file/index.js';
import { createMemoryInputStore, logInputs, supervise } from '../src/recovery/index.js';
import { explore, simulate } from '../src/testing/index.js';
import { messagePort } from '../src/transports/message-port.js';
import { account } from './support/account.js';

const counter = fromTransition((count: number, _event: { type: 'UP'; by: number }) => count + 1, 0);
const optional = fromTransition(
  (count: number) => count,
  ({ input }: { input: number | undefined }) => input ?? 0,
);
const anything = fromTransition((count: number) => count, 0);
const network = createNetwork({
  processes: { alice: { logic: account, input: { balance: 100 } }, bob: counter },
  channels: [
    ['alice', 'bob'],
    ['bob', 'alice'],
  ],
});

network.send('alice', { type: 'PAY', to: 'bob', amount: 1 });
network.send('bob', { type: 'UP', by: 1 });
// @ts-expect-error no such process
network.send('carol', { type: 'UP', by: 1 });
// @ts-expect-error no such event
network.send('alice', { type: 'NOPE' });
// @ts-expect-error a wrong payload
network.send('bob', { type: 'UP', by: '1' });

network.processes.bob.send({ type: 'UP', by: 1 });
// @ts-expect-error no such event
network.processes.alice.send({ type: 'NOPE' });
network.processes.alice.subscribe(({ context }) => context.balance satisfies number);
network.processes.alice.actor$.subscribe((actor) => actor.getSnapshot().context.balance satisfies number);
const log = logInputs(network.processes.alice, { store: createMemoryInputStore() });
void log.send({ type: 'MONEY', amount: 1 });
// @ts-expect-error no such event of this process
void log.send({ type: 'UP', by: 1 });
supervise(network, { store: createMemoryStore(), everyMs: 1, restart: ({ process }) => process satisfies string });
// @ts-expect-error a store is missing
supervise(network, { everyMs: 1 });

network.start().processes.alice satisfies typeof network.processes.alice;
const snapshot = await network.takeSnapshot({ initiators: ['alice'] });
// @ts-expect-error no such initiator
void network.takeSnapshot({ initiators: ['carol'] });
const balance: number = snapshot.processes.alice.snapshot.context.balance;
const count: number = snapshot.processes.bob.snapshot.context;
// @ts-expect-error a number is no string
const wrong: string = snapshot.processes.alice.snapshot.context.balance;
// @ts-expect-error no such process
void snapshot.processes.carol;
// @ts-expect-error a snapshot is plain data without the methods
void snapshot.processes.alice.snapshot.matches;
void [balance, count, wrong, verifySnapshot(snapshot)];

// Children are known by what the machine declares.
const parent = setup({
  actors: { account, counter },
  types: { children: {} as { bank: 'account'; clerk: 'counter' } },
});
const family = { parent: parent.createMachine({}), spawner: setup({ actors: { counter } }).createMachine({}) };
const families = await createNetwork({ processes: family, channels: [] }).takeSnapshot();
families.processes.parent.snapshot.children.bank?.snapshot.context.balance satisfies number | undefined;
families.processes.parent.snapshot.children.clerk?.snapshot.context satisfies number | undefined;
families.processes.spawner.snapshot.children['any']?.snapshot.context satisfies number | undefined;
snapshot.processes.alice.snapshot.children['any']?.snapshot.status satisfies string | undefined;
// @ts-expect-error a child that no state has
void families.processes.parent.snapshot.children.nobody;

// Channels are known by their ids, and what is on them by who receives it.
snapshot.channels['alice->bob'].messages.map(({ event }) => event.by satisfies number);
snapshot.channels['bob->alice'].messages.map(({ event }) => event.type satisfies 'PAY' | 'MONEY');
snapshot.processes.alice.sent['alice->bob'].count satisfies number;
snapshot.processes.alice.received['bob->alice'].count satisfies number;
// @ts-expect-error no such channel
void snapshot.channels['alice->alice'];
// @ts-expect-error a channel that alice receives from
void snapshot.processes.alice.sent['bob->alice'];
// @ts-expect-error an event of the sender
snapshot.channels['alice->bob'].messages.map(({ event }) => event.amount);

const three = { a: counter, b: { logic: account, input: { balance: 1 } }, c: counter };
const meshed = await createNetwork({ processes: three, channels: fullMesh(['a', 'b', 'c']) }).takeSnapshot();
meshed.channels['c->b'].messages.map(({ event }) => event.type satisfies 'PAY' | 'MONEY');
// @ts-expect-error a mesh has no channel from a process to itself
void meshed.channels['a->a'];
const ringed = await createNetwork({
  processes: three,
  channels: [...ring(['a', 'b', 'c']), ['b', 'a']],
}).takeSnapshot();
ringed.channels['b->c'].messages.map(({ event }) => event.by satisfies number);
ringed.channels['b->a'].messages.map(({ event }) => event.by satisfies number);
// @ts-expect-error the ring goes the other way
void ringed.channels['c->b'];
const toItself = await createNetwork({ processes: { a: counter }, channels: ring(['a']) }).takeSnapshot();
void toItself.channels['a->a'].messages;

// Of channels between ids that are told at run time it is known which ones there may be,
const someIds: readonly ('a' | 'b')[] = ['a'];
const some = await createNetwork({ processes: three, channels: fullMesh(someIds) }).takeSnapshot();
some.channels['a->b']?.messages.map(({ event }) => event.type satisfies 'PAY' | 'MONEY');
void some.processes.a.sent['a->b']?.count;
// @ts-expect-error perhaps there is none
void some.channels['a->b'].messages;
// @ts-expect-error there cannot be one
void some.channels['a->c'];
for (const { messages } of Object.values(some.channels)) messages.map(({ event }) => event.type satisfies string);
// or that there may be any.
const manyIds: string[] = ['a', 'b'];
const sameLogic = Object.fromEntries(manyIds.map((id) => [id, counter]));
const many = await createNetwork({ processes: sameLogic, channels: fullMesh(manyIds) }).takeSnapshot();
many.channels['a->b']?.messages.map(({ event }) => event.by satisfies number);
const untyped = await createNetwork({} as NetworkConfig).takeSnapshot();
untyped.channels['a->b']?.messages.map(({ event }) => event satisfies EventObject);

// What takes any snapshot takes all of them; so does what takes those of a network's processes, whatever its channels.
for (const taken of [snapshot, meshed, ringed, some, many, untyped]) {
  void [verifySnapshot(taken), serializeSnapshot(taken), diffSnapshots(taken, snapshot), terminated()(taken)];
  void [network.rollBack(taken), createMemoryStore().save(taken), taken satisfies GlobalSnapshot];
  createNetwork({ processes: three, channels: [] }, { snapshot: taken });
  createProcess(counter, { id: 'a', snapshot: taken });
}
const ofProcesses: SnapshotOf<typeof three> = meshed;
ofProcesses.channels['a->b']?.messages.map(({ event }) => event.type satisfies 'PAY' | 'MONEY' | 'UP');
void (network satisfies Network);
const mesh = { processes: three, channels: fullMesh(['a', 'b', 'c']) };
const ofMesh: SnapshotOf<typeof mesh.processes, typeof mesh.channels> = meshed;
void ofMesh.channels['a->b'].messages;
void simulate(mesh, { properties: { always: { calm: ({ channels }) => channels['a->b'].messages.length < 3 } } });
void explore(mesh, { properties: { always: { calm: ({ channels }) => channels['a->b'].messages.length < 3 } } });
void expect(mesh).toAlways(({ channels }) => channels['a->b'].messages.length < 3);
void detect(network, ({ channels }) => channels['alice->bob'].messages.length > 3);
// @ts-expect-error no such channel
void detect(network, ({ channels }) => channels['alice->alice']);
// @ts-expect-error no such channel
void explore(mesh, { properties: { always: { calm: ({ channels }) => channels['a->a'] === undefined } } });

// @ts-expect-error no such end of a channel
createNetwork({ processes: { a: counter }, channels: [['a', 'z']] });
// @ts-expect-error no such process in the mesh
createNetwork({ processes: { a: counter }, channels: fullMesh(['a', 'z']) });
// @ts-expect-error a wrong input
createNetwork({ processes: { a: { logic: account, input: { balance: '1' } } }, channels: [] });
createNetwork({ processes: { a: counter, b: counter }, channels: ring(['a', 'b']) }, { snapshot });

// Input, as in `createActor`: needed where the logic needs it, in vain nowhere.
createNetwork({ processes: { a: { logic: counter }, b: { logic: anything, input: 1 }, c: anything }, channels: [] });
createNetwork({ processes: { a: optional, b: { logic: optional }, c: { logic: optional, input: 1 } }, channels: [] });
// @ts-expect-error the input is missing
createNetwork({ processes: { a: account }, channels: [] });
// @ts-expect-error the input is missing
createNetwork({ processes: { a: { logic: account } }, channels: [] });
// @ts-expect-error an optional input that is no number
createNetwork({ processes: { a: { logic: optional, input: '1' } }, channels: [] });
// @ts-expect-error the input is missing
void simulate({ processes: { a: account }, channels: [] });
// @ts-expect-error the input is missing
void explore({ processes: { a: account }, channels: [] });
createProcess(account, { id: 'a', input: { balance: 1 } }).actor.getSnapshot().context.balance satisfies number;
createProcess(counter, { id: 'a' });
createProcess(anything, { id: 'a', input: 1 });
createProcess(optional, { id: 'a', input: undefined });
// @ts-expect-error the input is missing
createProcess(account, { id: 'a' });
// @ts-expect-error a wrong input
createProcess(account, { id: 'a', input: { balance: '1' } });
// @ts-expect-error no input, though it may be undefined elsewhere
createProcess(account, { id: 'a', input: undefined });

// A process alone: its own state, those of the peers whose logic is said, and the channels between.
declare const port: MessagePort;
const ui = createProcess(counter, {
  id: 'ui',
  peers: {
    worker: messagePort<typeof account>(port),
    printer: { transport: messagePort<typeof counter>(port), id: 'printer-7', direction: 'send' },
    other: messagePort(port),
  },
});
const seen = await ui.takeSnapshot();
seen.processes.ui.snapshot.context satisfies number;
seen.processes.worker.snapshot.context.balance satisfies number;
seen.processes['printer-7'].snapshot.context satisfies number;
seen.channels['ui->worker'].messages.map(({ event }) => event.type satisfies 'PAY' | 'MONEY');
seen.channels['worker->ui'].messages.map(({ event }) => event.by satisfies number);
void [
  seen.processes.other?.timers,
  seen.channels['other->ui']?.messages,
  seen.processes.worker.sent['worker->x']?.count,
];
// @ts-expect-error a balance is no string
seen.processes.worker.snapshot.context.balance satisfies string;
// @ts-expect-error an event of the sender
seen.channels['ui->worker'].messages.map(({ event }) => event.by);
// @ts-expect-error nothing comes from there
void seen.channels['printer-7->ui'].messages;
// @ts-expect-error known in snapshots by its id
void seen.processes.printer.timers;
// @ts-expect-error perhaps it is not there
void seen.processes.other.timers;
// @ts-expect-error no such direction
createProcess(counter, { id: 'ui', peers: { b: { transport: messagePort(port), direction: 'up' } } });
// @ts-expect-error no such option
createProcess(counter, { id: 'ui', peer: {} });
// @ts-expect-error a port is no transport
createProcess(counter, { id: 'ui', peers: { worker: port } });
// @ts-expect-error a peer runs logic
messagePort<string>(port);
ui.snapshots$.subscribe(({ processes }) => processes.worker.snapshot.context.balance satisfies number);
void detect(ui, ({ processes }) => processes.worker.snapshot.context.balance < 0);
void [seen satisfies GlobalSnapshot, ui satisfies CreatedProcess<typeof counter>, verifySnapshot(seen)];
const attached = attachProcess(createActor(counter), { id: 'a', peers: { b: messagePort<typeof account>(port) } });
(await attached.takeSnapshot()).processes.b.snapshot.context.balance satisfies number;
const wrapped = withPeers(account, { id: 'a', peers: { b: messagePort(port) } });
// @ts-expect-error the input is missing
createActor(wrapped);
const ofWrapped = processOf(createActor(wrapped, { input: { balance: 1 } }));
ofWrapped.send({ type: 'MONEY', amount: 1 });
// @ts-expect-error no such event
ofWrapped.send({ type: 'UP', by: 1 });
// Of ids and peers that are told at run time, nothing is known.
const late = await createProcess(counter, { id: manyIds[0]!, peers: {} as Peers }).takeSnapshot();
// @ts-expect-error perhaps it is not there
void late.processes.worker.timers;

// An actor is no logic: its state would be dropped.
const actor = createActor(counter);
// @ts-expect-error an actor is no logic
createNetwork({ processes: { a: actor }, channels: [] });
// @ts-expect-error an actor is no logic
createNetwork({ processes: { a: { logic: actor } }, channels: [] });
// @ts-expect-error an actor is no logic
void simulate({ processes: { a: actor }, channels: [] });
// @ts-expect-error an actor is no logic
({ processes: { a: actor }, channels: [] }) satisfies NetworkConfig;
// @ts-expect-error an actor is no logic
createProcess(actor, { id: 'a' });
// @ts-expect-error an actor is no logic
withPeers(actor, { id: 'a' });

const { snapshot: detected, witness } = await detect(
  network,
  (s) => s.processes.alice.snapshot.context.balance < 0 && { why: 'debt' },
);
void [detected.processes.bob.snapshot.context satisfies number, witness.why satisfies string];
void (await detect(network, terminated(), { snapshotOptions: { initiators: ['bob'] } })).witness.passive;
// @ts-expect-error no such initiator
void detect(network, terminated(), { snapshotOptions: { initiators: ['carol'] } });
// @ts-expect-error the signal is the detection's own
void detect(network, terminated(), { snapshotOptions: { signal: AbortSignal.abort() } });
// @ts-expect-error no such process
void detect(network, (s) => s.processes.carol);
const ofAlice = quantity<typeof snapshot>({ inProcess: (_, id) => (id === 'alice' ? 1 : 0), inMessage: () => 0 });
// @ts-expect-error no such process
void quantity<typeof snapshot>({ inProcess: (_, id) => (id === 'carol' ? 1 : 0), inMessage: () => 0 });
const ofMoney = quantity<typeof snapshot>({
  inProcess: () => 0,
  inMessage: ({ event }) => ('by' in event ? event.by : 0),
});
// @ts-expect-error not every event has it
void quantity<typeof snapshot>({ inProcess: () => 0, inMessage: ({ event }) => event.by });
messagesOf(meshed).map(({ event }) => event.type satisfies 'PAY' | 'MONEY' | 'UP');
void deadlocked(three, { grants: ({ event }) => event.type === 'MONEY' });
// @ts-expect-error nobody takes such an event
void deadlocked(three, { grants: ({ event }) => event.type === 'FORK' });
void ofMoney;
for await (const sample of watch(network, tokenLost(ofAlice))) {
  // @ts-expect-error without a witness when it does not hold
  void sample.witness;
  if (sample.holds) void (sample.witness.found satisfies number);
}

const simulated = {
  processes: { a: counter, b: { logic: account, input: { balance: 1 } } },
  channels: fullMesh(['a', 'b']),
};
void simulate(simulated, {
  traffic: (random) => ({ to: random.pick(['a', 'a']), event: { type: 'UP', by: 1 } }),
  properties: { always: { positive: ({ processes }) => processes.a.snapshot.context >= 0 } },
});
// @ts-expect-error no such process
void simulate(simulated, { traffic: [{ to: 'c', event: { type: 'UP', by: 1 } }] });
// @ts-expect-error the event of another process
void simulate(simulated, { traffic: [{ to: 'a', event: { type: 'MONEY', amount: 1 } }] });
// @ts-expect-error no such process in a state
void simulate(simulated, { properties: { always: { x: ({ processes }) => processes.c !== undefined } } });
// @ts-expect-error no such fault
void simulate(simulated, { faults: { fire: 0.1 } });
void expect(simulated).toAlways(({ processes }) => processes.b.snapshot.context.balance >= 0, { runs: 1 });
// @ts-expect-error no such process in a state
void expect(simulated).toAlways(({ processes }) => processes.c !== undefined);
void expect(network).toSometimes(({ processes }) => processes.alice.snapshot.context.balance > 0);
// @ts-expect-error a balance is no string
void expect(network).toSometimes(({ processes }) => processes.alice.snapshot.context.balance === '0');
