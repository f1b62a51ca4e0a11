/** `withPeers` as people use it: with other implementations, mounted twice, as a child, by XState's own helpers. */
import { MessageChannel } from 'node:worker_threads';
import { afterEach, describe, expect, it, vi } from 'vitest';
import {
  assign,
  createActor,
  createMachine,
  transition,
  initialTransition,
  sendTo,
  setup,
  type AnyActor,
  type AnyActorLogic,
  type AnyActorRef,
} from 'xstate';
import {
  attachProcess,
  createNetwork,
  createProcess,
  processOf,
  verifySnapshot,
  withPeers,
  type LinkEvent,
} from '../../src/index.js';
import { messagePort } from '../../src/transports/message-port.js';
import { stopAsReact } from '../support/react.js';

const stops: (() => unknown)[] = [];
afterEach(async () => {
  for (const stop of stops.splice(0).reverse()) await stop();
});

const ui = setup({ types: { context: {} as { own: number } }, actions: { note: () => undefined } }).createMachine({
  context: { own: 0 },
  on: {
    TELL: { actions: ['note', sendTo(({ system }) => system.get('worker'), { type: 'ADD' })] },
    ADD: { actions: assign({ own: ({ context }) => context.own + 1 }) },
  },
});
const worker = setup({ types: { context: {} as { got: number } } }).createMachine({
  context: { got: 0 },
  on: { ADD: { actions: assign({ got: ({ context }) => context.got + 1 }) } },
});

/** A worker that runs, and logic, a user interface's, that reaches it. */
function link<TLogic extends AnyActorLogic = typeof ui>(bare = ui as unknown as TLogic) {
  const { port1, port2 } = new MessageChannel();
  const process = createProcess(worker, { id: 'worker', peers: { ui: messagePort(port2) } }).start();
  const told: LinkEvent['type'][] = [];
  process.links$.subscribe(({ type }) => told.push(type));
  stops.push(
    () => port1.close(),
    () => process.stop(),
  );
  const logic = withPeers(bare, { id: 'ui', peers: { worker: messagePort(port1) } });
  return { logic, told, got: () => process.actor.getSnapshot().context.got };
}

function start<T extends AnyActor>(actor: T): T {
  stops.push(() => actor.stop());
  return actor.start();
}

describe('a machine with peers that is given other implementations', () => {
  it('has its peers still', async () => {
    const { logic, got } = link();
    const note = vi.fn();
    const actor = start(createActor(logic.provide({ actions: { note } }).provide({})));
    actor.send({ type: 'TELL' });
    await expect.poll(got).toBe(1);
    expect(note).toHaveBeenCalledOnce();
    expect(actor.getSnapshot().context.own).toBe(0);
    expect(Object.keys((await processOf(actor).takeSnapshot()).processes).sort()).toEqual(['ui', 'worker']);
  });

  it('takes those of each rendering, as React’s hooks put them in', () => {
    const { logic } = link();
    const [first, second] = [vi.fn(), vi.fn()];
    const actor = start(createActor(logic.provide({ actions: { note: first } })));
    actor.send({ type: 'TELL' });
    (actor.logic as typeof ui).implementations = logic.provide({ actions: { note: second } }).implementations;
    actor.send({ type: 'TELL' });
    expect([first, second].map((note) => note.mock.calls.length)).toEqual([1, 1]);
    expect(logic.config).toBe(ui.config); // by which the hooks know the machine
  });

  it('is the same process as without them', () => {
    const { logic } = link();
    start(createActor(logic));
    expect(() => createActor(logic.provide({})).start()).toThrow(/one running actor/);
  });

  it('begins in the state that it resolves', async () => {
    const { logic, got } = link();
    const actor = start(createActor(logic, { snapshot: logic.resolveState({ value: {}, context: { own: 7 } }) }));
    actor.send({ type: 'TELL' });
    await expect.poll(got).toBe(1);
    expect(actor.getSnapshot().context).toEqual({ own: 7 });
  });
});

describe('several actors of one logic with peers', () => {
  it('run one at a time: the second is refused, and may start when the first has stopped', async () => {
    const { logic, got, told } = link();
    const first = createActor(logic).start();
    const second = createActor(logic);
    await expect.poll(() => told).toEqual(['link.connected']);
    expect(() => second.start()).toThrow(
      expect.objectContaining({
        code: 'invalid-argument',
        message: expect.stringMatching(/Expected one running actor of process "ui".*Stop the first/) as unknown,
      }),
    );
    expect(second.getSnapshot().status).toBe('active');
    first.send({ type: 'TELL' });
    await expect.poll(got).toBe(1);
    expect(told).toEqual(['link.connected']);

    // As React does when a component is mounted anew: at once.
    first.stop();
    start(second).send({ type: 'TELL' });
    await expect.poll(got).toBe(2);
    expect(told).toEqual(['link.connected', 'link.left', 'link.connected']);
    await expect(processOf(first).takeSnapshot()).rejects.toMatchObject({ code: 'not-running' });
    expect(Object.keys((await processOf(second).takeSnapshot()).processes).sort()).toEqual(['ui', 'worker']);
  });

  it('may follow one that has finished', async () => {
    const finishing = createMachine({
      type: 'final',
      entry: sendTo(({ system }) => system.get('worker'), { type: 'ADD' }),
    });
    const { logic, got } = link(finishing);
    for (const times of [1, 2, 3]) {
      start(createActor(logic));
      await expect.poll(got).toBe(times);
    }
  });
});

describe('an actor that is stopped for a while, as React’s `Activity` does', () => {
  it('comes anew to its peers as it goes on, and knows them by the references that it has', async () => {
    const keeping = setup({ types: { context: {} as { to: AnyActorRef | undefined } } }).createMachine({
      context: { to: undefined },
      on: {
        TELL: {
          actions: [
            assign({ to: ({ context, system }) => context.to ?? system.get('worker') }),
            sendTo(({ context }) => context.to!, { type: 'ADD' }),
          ],
        },
      },
    });
    const { logic, got, told } = link(keeping);
    const actor = start(createActor(logic));
    const before = processOf(actor);
    actor.send({ type: 'TELL' });
    await expect.poll(got).toBe(1);
    stopAsReact(actor);
    await expect.poll(() => told).toEqual(['link.connected', 'link.left']);
    await expect(before.takeSnapshot()).rejects.toMatchObject({ code: 'not-running' });

    actor.start();
    const process = processOf(actor);
    const taken: string[] = [];
    process.snapshots$.subscribe(({ id }) => taken.push(id));
    actor.send({ type: 'TELL' });
    await expect.poll(got).toBe(2);
    const snapshot = await process.takeSnapshot();
    expect(verifySnapshot(snapshot)).toEqual({ consistent: true });
    expect(Object.keys(snapshot.processes).sort()).toEqual(['ui', 'worker']);
    expect(taken).toEqual([snapshot.id]);
    expect(told).toEqual(['link.connected', 'link.left', 'link.connected']);
  });

  it('does not go back to the snapshot that it was made of, nor does the next one', async () => {
    const counting = setup({ types: { context: {} as { n: number } } }).createMachine({
      context: { n: 0 },
      on: { NEXT: { actions: assign({ n: ({ context }) => context.n + 1 }) } },
    });
    const first = start(createActor(withPeers(counting, { id: 'p' })));
    first.send({ type: 'NEXT' });
    const snapshot = await processOf(first).takeSnapshot();
    const logic = withPeers(counting, { id: 'p', snapshot });
    createActor(logic); // one that is never started, as React makes in strict mode
    const second = start(createActor(logic));
    second.send({ type: 'NEXT' });
    stopAsReact(second);
    await Promise.resolve();
    second.start();
    second.send({ type: 'NEXT' });
    const again = await processOf(second).takeSnapshot();
    expect(again.processes.p!.snapshot).toMatchObject({ context: { n: 3 } });
    second.stop();
    const third = start(createActor(logic)); // mounted anew: what was in flight in the snapshot has been taken
    expect(third.getSnapshot().context).toEqual({ n: 0 });
  });

  it('may be attached anew, when it was let go', async () => {
    const { port1, port2 } = new MessageChannel();
    const process = createProcess(worker, { id: 'worker', peers: { ui: messagePort(port2) } }).start();
    const actor = start(createActor(ui));
    stops.push(
      () => port1.close(),
      () => process.stop(),
    );
    for (const times of [1, 2, 3]) {
      const attached = attachProcess(actor, { id: 'ui', peers: { worker: messagePort(port1) } });
      actor.send({ type: 'TELL' });
      await expect.poll(() => process.actor.getSnapshot().context.got).toBe(times);
      expect(() => attachProcess(actor, { id: 'ui' })).toThrow(/an actor that is no process yet/);
      expect(Object.keys((await attached.takeSnapshot()).processes).sort()).toEqual(['ui', 'worker']);
      attached.detach();
    }
    expect(actor.getSnapshot().context.own).toBe(0);

    // In strict mode, of an effect beside `useActorRef`: let go after the actor was stopped, attached when it is back.
    const attached = attachProcess(actor, { id: 'ui', peers: { worker: messagePort(port1) } });
    stopAsReact(actor);
    attached.detach();
    actor.start();
    attachProcess(actor, { id: 'ui', peers: { worker: messagePort(port1) } });
    actor.send({ type: 'TELL' });
    await expect.poll(() => process.actor.getSnapshot().context.got).toBe(4);
  });
});

describe('logic with peers as a child', () => {
  const refusal = /Expected process "ui" to be the root of its actor system, got a child, "0\.\(machine\)"/;

  it('is refused by name', () => {
    const { logic } = link();
    const failures: unknown[] = [];
    const parent = createActor(setup({ actors: { logic } }).createMachine({ invoke: { src: 'logic' } }));
    parent.subscribe({ error: (error) => failures.push(error) });
    parent.start();
    expect(failures).toMatchObject([{ code: 'invalid-argument', message: expect.stringMatching(refusal) as unknown }]);
  });
});

describe('logic that is a process', () => {
  it('is a pure function to XState’s helpers', async () => {
    const { logic, got } = link();
    const actor = start(createActor(logic));
    expect(initialTransition(logic)[0].context).toEqual({ own: 0 });
    expect(transition(logic, actor.getSnapshot(), { type: 'ADD' })[0].context).toEqual({ own: 1 });
    actor.send({ type: 'TELL' });
    await expect.poll(got).toBe(1);

    const network = createNetwork({ processes: { ui, worker }, channels: [['ui', 'worker']] });
    network.start();
    const { actor: member } = network.processes.ui;
    expect(transition(member.logic, member.getSnapshot(), { type: 'ADD' })[0].context).toEqual({ own: 1 });
    network.send('ui', { type: 'TELL' });
    await expect.poll(() => network.processes.worker.actor.getSnapshot().context.got).toBe(1);
    const snapshot = await network.takeSnapshot();
    expect(snapshot.processes.ui.sent['ui->worker']).toEqual({ count: 1 });
    network.stop();
  });

  it('of a process that has its actor makes no second one', () => {
    const process = createProcess(ui, { id: 'ui' }).start();
    stops.push(() => process.stop());
    const failures: unknown[] = [];
    const second = createActor(process.actor.logic);
    second.subscribe({ error: (error) => failures.push(error) });
    second.start();
    expect(failures).toMatchObject([{ code: 'invalid-argument' }]);
    process.send({ type: 'ADD' });
    expect(process.actor.getSnapshot().context.own).toBe(1);
  });
});
