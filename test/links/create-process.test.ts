/** Processes alone, joined by message channels or by pipes of the tests' own. */
import { MessageChannel } from 'node:worker_threads';
import { assign, createActor, fromTransition, sendTo, setup, type AnyEventObject } from 'xstate';
import { afterEach, describe, expect, it } from 'vitest';
import {
  createManualSchedule,
  createNetwork,
  createProcess,
  isPanoramaError,
  verifySnapshot,
  type GlobalSnapshot,
  type LinkEvent,
  type Peers,
  type CreatedProcess,
  type ProcessOptions,
} from '../../src/index.js';
import { messagePort } from '../../src/transports/message-port.js';
import { account, totalOf } from '../support/account.js';
import { createPipe } from '../support/pipe.js';

const running: { stop(): void }[] = [];
afterEach(() => {
  for (const process of running.splice(0)) process.stop();
});

type Account = CreatedProcess<typeof account> & { readonly told: LinkEvent[] };

function start(id: string, peers: Peers, options: Partial<ProcessOptions<typeof account>> = {}): Account {
  const process = createProcess(account, { id, peers, input: { balance: 100 }, ...options });
  const told: LinkEvent[] = [];
  process.links$.subscribe((event) => told.push(event));
  running.push(process);
  return Object.assign(process.start(), { told });
}

function link() {
  const { port1, port2 } = new MessageChannel();
  running.push({ stop: () => port1.close() });
  return [messagePort(port1), messagePort(port2)] as const;
}

const balanceOf = (process: Account) => process.actor.getSnapshot().context.balance;
const connected = (...processes: Account[]) =>
  expect.poll(() => processes.every(({ told }) => told.some(({ type }) => type === 'link.connected'))).toBe(true);

async function rejection(promise: Promise<unknown>) {
  const error: unknown = await promise.catch((reason: unknown) => reason);
  if (!isPanoramaError(error)) throw new Error('Expected a rejection, got none.', { cause: error });
  return error;
}

/** Takes whatever it is sent. */
const sink = setup({ types: { context: {} as { got: unknown[] } } }).createMachine({
  context: { got: [] },
  on: { '*': { actions: assign({ got: ({ context, event }) => [...context.got, event] }) } },
});

describe('processes alone', () => {
  it('send messages, and take a snapshot of all, in a chain where nobody knows everybody', async () => {
    const [ab, ba] = link();
    const [bc, cb] = link();
    const a = start('a', { b: ab });
    const b = start('b', { a: ba, c: bc });
    const c = start('c', { b: cb });
    for (let n = 0; n < 10; n++) {
      a.send({ type: 'PAY', to: 'b', amount: 1 });
      b.send({ type: 'PAY', to: 'c', amount: 2 });
    }
    const snapshot = await a.takeSnapshot();
    expect(Object.keys(snapshot.processes).sort()).toEqual(['a', 'b', 'c']);
    expect(snapshot.initiators).toEqual(['a']);
    expect(snapshot.stats.markers).toBe(4);
    expect(verifySnapshot(snapshot)).toEqual({ consistent: true });
    expect(totalOf(snapshot)).toBe(300);
    await expect.poll(() => balanceOf(c)).toBe(120);
    expect(balanceOf(b)).toBe(90);
  });

  it('reports find the supervisor round a one-way ring', async () => {
    const pipes = { ab: createPipe(), bc: createPipe(), ca: createPipe() };
    const to = (pipe: keyof typeof pipes) => ({ transport: pipes[pipe].ends[0], direction: 'send' as const });
    const from = (pipe: keyof typeof pipes) => ({ transport: pipes[pipe].ends[1], direction: 'receive' as const });
    const a = start('a', { b: to('ab'), c: from('ca') });
    start('b', { c: to('bc'), a: from('ab') });
    start('c', { a: to('ca'), b: from('bc') });
    const snapshot = await a.takeSnapshot();
    expect(Object.keys(snapshot.channels).sort()).toEqual(['a->b', 'b->c', 'c->a']);
    expect(verifySnapshot(snapshot)).toEqual({ consistent: true });
  });

  // docs/traps.md#unreachable-processes
  it('names the channels without a marker when nobody is at their other end', async () => {
    const [ab, ba] = link();
    const [bc] = link();
    const a = start('a', { b: ab });
    start('b', { a: ba, c: bc });
    await connected(a);
    const error = await rejection(a.takeSnapshot({ timeoutMs: 400 }));
    expect(error.code).toBe('snapshot-aborted');
    expect(error.channels).toEqual(['c->b']);
  });

  it('names the channel to a process from which none leads back', async () => {
    const { ends } = createPipe();
    const a = start('a', { b: { transport: ends[0], direction: 'send' } });
    start('b', { a: { transport: ends[1], direction: 'receive' } });
    expect((await rejection(a.takeSnapshot({ timeoutMs: 200 }))).channels).toEqual(['a->b']);
  });

  it('lose nothing that an entry action sends, before anybody is at the other end', async () => {
    const [ab, ba] = link();
    const eager = setup({}).createMachine({ entry: sendTo(({ system }) => system.get('b'), { type: 'HELLO' }) });
    running.push(createProcess(eager, { id: 'a', peers: { b: ab } }).start());
    const b = createProcess(sink, { id: 'b', peers: { a: ba } });
    running.push(b);
    expect(b.start()).toBe(b);
    await expect.poll(() => b.actor.getSnapshot().context.got).toEqual([{ type: 'HELLO' }]);
  });

  it('carry what structured clone carries, and refuse the rest at the send, by its path', async () => {
    const [ab, ba] = link();
    const event = {
      type: 'RICH',
      map: new Map([[1, new Set(['x'])]]),
      date: new Date(0),
      big: 12345678901234567890n,
      none: undefined,
    };
    const forward = setup({ types: { events: {} as { type: 'SEND'; event: AnyEventObject } } }).createMachine({
      on: {
        SEND: {
          actions: sendTo(
            ({ system }) => system.get('b'),
            ({ event: { event: sent } }) => sent,
          ),
        },
      },
    });
    const create = () => createProcess(forward, { id: 'a', peers: { b: ab } }).start();
    const a = create();
    const b = createProcess(sink, { id: 'b', peers: { a: ba } }).start();
    running.push(a, b);
    a.send({ type: 'SEND', event });
    await expect.poll(() => b.actor.getSnapshot().context.got).toEqual([event]);
    for (const [bad, message] of [
      [{ type: 'BAD', list: [() => 1] }, /event "BAD" on channel "a->b"\.list\[0\]/],
      [{ type: 'xstate.stop' }, /XState's own "xstate.stop"/],
    ] as const) {
      const failing = createProcess(forward, { id: 'a', peers: { b: createPipe().ends[0] } }).start();
      running.push(failing);
      const failed = new Promise((resolve) => failing.actor.subscribe({ error: resolve }));
      failing.send({ type: 'SEND', event: bad });
      await expect(failed).resolves.toMatchObject({ message: expect.stringMatching(message) as string });
    }
  });

  it('know a peer by another name, if they like', async () => {
    const [ab, ba] = link();
    const a = start('a', { friend: { transport: ab, id: 'b' } });
    const b = start('b', { a: ba });
    a.send({ type: 'PAY', to: 'friend', amount: 5 });
    await expect.poll(() => balanceOf(b)).toBe(105);
    expect(Object.keys((await b.takeSnapshot()).channels).sort()).toEqual(['a->b', 'b->a']);
  });

  it('fail a link whose other end is somebody else, or another kind of link', async () => {
    const [ab, ba] = link();
    const a = start('a', { b: ab });
    start('c', { a: ba });
    await expect.poll(() => a.told).toMatchObject([{ type: 'link.failed', peer: 'b' }]);
    expect((a.told[0] as { error: Error }).error.message).toMatch(/it leads from "a" to "c"/);
    const { ends } = createPipe();
    const d = start('d', { e: { transport: ends[0], direction: 'send' } });
    start('e', { d: ends[1] });
    await expect.poll(() => d.told.map(({ type }) => type)).toContain('link.failed');
  });

  it('hand over what cannot be recorded of one, as the snapshot’s error', async () => {
    const [ab, ba] = link();
    const a = start('a', { b: ab });
    const bad = fromTransition((state: { f: () => number }) => state, { f: () => 1 });
    running.push(createProcess(bad, { id: 'b', peers: { a: ba } }).start());
    const error = await rejection(a.takeSnapshot());
    expect(error.code).toBe('not-recordable');
    expect(error.message).toMatch(/processes\.b\.context\.f/);
  });

  it('report channel states of any length, in pieces', async () => {
    const { ends, restore, cut } = createPipe();
    const a = start('a', { b: ends[0] });
    const b = start('b', { a: ends[1] });
    await connected(a, b);
    cut();
    for (let n = 0; n < 2500; n++) b.send({ type: 'PAY', to: 'a', amount: 0.01 });
    const taking = a.takeSnapshot();
    a.send({ type: 'PAY', to: 'b', amount: 1 });
    restore();
    const snapshot = await taking;
    expect(snapshot.channels['b->a']!.messages).toHaveLength(2500);
    expect(verifySnapshot(snapshot)).toEqual({ consistent: true });
    // The other way round they are in a report that travels.
    cut();
    for (let n = 0; n < 2500; n++) a.send({ type: 'PAY', to: 'b', amount: 0.01 });
    const second = a.takeSnapshot();
    restore();
    expect(verifySnapshot(await second)).toEqual({ consistent: true });
  });

  it('give up a link to a peer that takes nothing, at `maxBuffered`, after they have told of it', async () => {
    const a = start('a', { b: { transport: createPipe().ends[0], maxBuffered: 10 } });
    for (let n = 0; n < 20; n++) {
      a.send({ type: 'PAY', to: 'b', amount: 1 });
      await Promise.resolve();
    }
    expect(a.told.slice(0, 2)).toMatchObject([
      { type: 'link.backlogged', peer: 'b', backlog: { envelopes: 5 } },
      { type: 'link.failed', error: { code: 'link-failed' } },
    ]);
    expect((a.told[1] as { error: Error }).error.message).toMatch(/10 envelopes wait/);
  });

  it.each([
    ['an actor', createActor(account, { input: { balance: 5 } }), /an actor.*`attachProcess`/],
    ['a store', { send: () => undefined, transition: () => [], getInitialSnapshot: () => ({}) }, /a store/],
    ['nothing', undefined, /got undefined/],
  ])('refuse %s in place of logic', (_, logic, got) => {
    const create = () => createProcess(logic as never, { id: 'a' } as never);
    expect(create).toThrow(/Expected `logic` to be XState actor logic/);
    expect(create).toThrow(got);
  });

  it('refuse an algorithm, as there is one alone over links', () => {
    expect(() => start('a', {}, { algorithm: 'mattern' } as object)).toThrow(/chandy-lamport alone, got "mattern"/);
  });
});

describe('peers that come and go', () => {
  it.each(['stops', 'is removed'])('leave nothing behind that no snapshot sees, when one %s', async (how) => {
    const [ab, ba] = link();
    const schedule = createManualSchedule();
    const a = start('a', { b: ab });
    const b = start('b', { a: ba }, { schedule });
    await connected(a, b);
    for (let n = 0; n < 3; n++) a.send({ type: 'PAY', to: 'b', amount: 1 });
    await expect.poll(() => schedule.pending().get('a->b')).toBe(3);
    if (how === 'stops') a.stop();
    else b.removePeer('a');
    await expect.poll(async () => Object.keys((await b.takeSnapshot()).processes)).toEqual(['b']);
    // Behind what had come no marker comes any more: it is taken before the process records.
    expect(totalOf(await b.takeSnapshot())).toBe(103);
    expect([balanceOf(b), schedule.pending().size]).toEqual([103, 0]);
  });

  it('are in the snapshots between', async () => {
    const [ab, ba] = link();
    const [bc, cb] = link();
    const a = start('a', { b: ab });
    const b = start('b', { a: ba });
    await connected(a, b);
    const ids = async () => Object.keys((await a.takeSnapshot()).processes).sort();
    expect(await ids()).toEqual(['a', 'b']);
    b.addPeer('c', bc);
    const c = start('c', { b: cb });
    await connected(c);
    b.send({ type: 'PAY', to: 'c', amount: 1 });
    expect(await ids()).toEqual(['a', 'b', 'c']);
    c.stop();
    await expect.poll(() => b.told.at(-1)).toEqual({ type: 'link.left', peer: 'c' });
    expect(await ids()).toEqual(['a', 'b']);
    b.send({ type: 'PAY', to: 'c', amount: 1 });
    expect(b.told.at(-1)).toMatchObject({ type: 'link.failed', peer: 'c', error: { code: 'no-channel' } });
    b.removePeer('a');
    await expect.poll(ids).toEqual(['a']);
  });

  it.each([false, true])('may come while a snapshot is under way (with a message: %s)', async (isPaying) => {
    const [ab, ba] = link();
    const [ac, ca] = link();
    const [bc, cb] = link();
    const schedule = createManualSchedule();
    const a = start('a', { b: ab, c: ac });
    const b = start('b', { a: ba });
    const c = start('c', { a: ca }, { schedule });
    await connected(a, b, c);
    const reported = new Promise<void>((resolve) =>
      b.trace$.subscribe(({ type }) => {
        if (type === 'channel.done') resolve();
      }),
    );
    const taking = a.takeSnapshot().catch((error: unknown) => error);
    await reported;
    // b has recorded, c has not: a channel between them is in the state of one of them alone.
    b.addPeer('c', bc);
    c.addPeer('b', cb);
    await expect.poll(() => c.told.filter(({ type }) => type === 'link.connected')).toHaveLength(2);
    if (isPaying) c.send({ type: 'PAY', to: 'b', amount: 1 });
    await expect.poll(() => Object.fromEntries(schedule.pending())).toEqual({ 'a->c': 1, 'b->c': 1 });
    schedule.deliver('a->c');
    schedule.deliver('b->c');
    const result = await taking;
    if (isPaying) {
      expect(result).toMatchObject({ code: 'snapshot-aborted' });
      expect((result as Error).message).toMatch(/channel "c->b" came or went, with messages on it/);
    } else {
      const snapshot = result as GlobalSnapshot;
      expect(verifySnapshot(snapshot)).toEqual({ consistent: true });
      expect(Object.keys(snapshot.channels).sort()).toEqual(['a->b', 'a->c', 'b->a', 'b->c', 'c->a', 'c->b']);
    }
  });

  it('may leave when they and their peers have reported: the snapshot goes on without them', async () => {
    const [ab, ba] = link();
    const [bc, cb] = link();
    const [bd, db] = link();
    const [de, ed] = link();
    const schedule = createManualSchedule();
    const a = start('a', { b: ab });
    const b = start('b', { a: ba, c: bc, d: bd });
    const c = start('c', { b: cb });
    const d = start('d', { b: db, e: de });
    const e = start('e', { d: ed }, { schedule });
    await connected(a, b, c, d, e);
    const done: string[] = [];
    b.trace$.subscribe((event) => event.type === 'channel.done' && done.push(event.channel));
    const taking = a.takeSnapshot();
    await expect.poll(() => [...done].sort()).toEqual(['a->b', 'c->b', 'd->b']);
    c.stop();
    await expect.poll(() => b.told.at(-1)).toEqual({ type: 'link.left', peer: 'c' });
    await expect.poll(() => schedule.pending().get('d->e')).toBe(1);
    schedule.deliver('d->e');
    const snapshot = await taking;
    expect(verifySnapshot(snapshot)).toEqual({ consistent: true });
    expect(Object.keys(snapshot.processes).sort()).toEqual(['a', 'b', 'c', 'd', 'e']);
  });

  it('take a snapshot under way with them, by name, and no more than that', async () => {
    const [ab, ba] = link();
    const [bc, cb] = link();
    const schedule = createManualSchedule();
    const a = start('a', { b: ab });
    const b = start('b', { a: ba, c: bc });
    const c = start('c', { b: cb }, { schedule });
    await connected(a, b, c);
    const taking = rejection(a.takeSnapshot());
    await expect.poll(() => schedule.pending().get('b->c')).toBe(1);
    c.stop();
    const error = await taking;
    expect(error.code).toBe('snapshot-aborted');
    expect(error.message).toMatch(/process "c" left/);
    expect(error.channels).toContain('c->b');
    expect(Object.keys((await a.takeSnapshot()).processes)).toEqual(['a', 'b']);
  });

  it('may be another life of the same process, with which everything begins at 1', async () => {
    const pipe = createPipe();
    const a = start('a', { b: pipe.ends[0] });
    const first = start('b', { a: pipe.ends[1] });
    await connected(a, first);
    a.send({ type: 'PAY', to: 'b', amount: 1 });
    await expect.poll(() => balanceOf(first)).toBe(101);
    pipe.cut();
    a.send({ type: 'PAY', to: 'b', amount: 1 });
    const second = start('b', { a: pipe.ends[1] });
    pipe.restore();
    await expect.poll(() => a.told.map(({ type }) => type)).toContain('link.replaced');
    await connected(second);
    a.send({ type: 'PAY', to: 'b', amount: 2 });
    await expect.poll(() => balanceOf(second)).toBe(102);
    expect((await a.takeSnapshot()).processes.a!.sent).toEqual({ 'a->b': { count: 1 } });
  });
});

describe('a snapshot of several programs', () => {
  const config = {
    processes: { a: account, b: account },
    channels: [
      ['a', 'b'],
      ['b', 'a'],
    ],
  } as const;

  it('is gone on from by each process alone, its messages in flight included', async () => {
    const schedule = createManualSchedule();
    const network = createNetwork(
      {
        ...config,
        processes: { a: { logic: account, input: { balance: 100 } }, b: { logic: account, input: { balance: 100 } } },
      },
      { schedule },
    );
    network.start();
    network.send('a', { type: 'PAY', to: 'b', amount: 10 });
    const taking = network.takeSnapshot({ initiators: ['b'] });
    while (schedule.pending().size > 0)
      for (const id of [...schedule.pending().keys()].sort().reverse()) schedule.deliver(id);
    const snapshot = await taking;
    network.stop();
    expect(snapshot.channels['a->b']?.messages).toHaveLength(1);

    const [ab, ba] = link();
    const a = start('a', { b: ab }, { snapshot });
    const b = start('b', { a: ba }, { snapshot });
    await expect.poll(() => balanceOf(b)).toBe(110);
    const again = await a.takeSnapshot();
    expect(verifySnapshot(again)).toEqual({ consistent: true });
    expect(totalOf(again)).toBe(200);
    expect(again.processes.a!.sent['a->b']).toEqual({ count: 1 });
  });

  it('is refused where it does not fit: by the process, or when its peer answers', async () => {
    const [ab, ba] = link();
    const a = start('a', { b: ab });
    const b = start('b', { a: ba });
    a.send({ type: 'PAY', to: 'b', amount: 10 });
    await expect.poll(() => balanceOf(b)).toBe(110);
    const snapshot = await a.takeSnapshot();
    expect(() => start('a', {}, { snapshot })).toThrow(/Expected a peer "b"/);
    expect(() => start('z', {}, { snapshot })).toThrow(/Expected the snapshot to have process "z"/);
    const { ends } = createPipe();
    const restored = start('b', { a: ends[0] }, { snapshot });
    start('a', { b: ends[1] });
    await expect.poll(() => restored.told.map(({ type }) => type)).toContain('link.failed');
    expect((restored.told[0] as { error: Error }).error.message).toMatch(/Restore both from one snapshot/);
  });
});
