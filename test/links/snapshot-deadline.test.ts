/** A snapshot that cannot begin yet, or at all: it settles, and its time counts from when it was asked for. */
import { MessageChannel } from 'node:worker_threads';
import { afterEach, describe, expect, it } from 'vitest';
import { createActor, createMachine, setup, SimulatedClock } from 'xstate';
import {
  attachProcess,
  createManualSchedule,
  createNetwork,
  createProcess,
  processOf,
  withPeers,
  type GlobalSnapshot,
  type SnapshotOptions,
} from '../../src/index.js';
import { messagePort } from '../../src/transports/message-port.js';

const stops: (() => unknown)[] = [];
afterEach(async () => {
  for (const stop of stops.splice(0).reverse()) await stop();
});

const idle = createMachine({});

type Snapshots = { takeSnapshot(options?: SnapshotOptions): Promise<GlobalSnapshot> };

const unstarted: Record<string, () => Snapshots> = {
  createNetwork: () => createNetwork({ processes: { p: idle }, channels: [] }),
  createProcess: () => createProcess(idle, { id: 'p' }),
  withPeers: () => processOf(createActor(withPeers(idle, { id: 'p' }))),
  attachProcess: () => attachProcess(createActor(idle), { id: 'p' }),
};

describe('a snapshot of what was not started', () => {
  it.each(Object.entries(unstarted))('is refused at once (%s)', async (_, create) => {
    await expect(create().takeSnapshot()).rejects.toMatchObject({ code: 'not-running' });
  });
});

/** Asks for a snapshot in an entry action, which takes 10 ms of a clock. */
function askAtEntry(options: SnapshotOptions) {
  const clock = Object.assign(new SimulatedClock(), { now: () => time });
  let time = 0;
  const pass = (durationMs: number) => {
    time += durationMs;
    clock.increment(durationMs);
  };
  const asked: Promise<unknown>[] = [];
  const owner: { it?: Snapshots } = {};
  const busy = setup({
    actions: {
      ask: () => {
        asked.push(owner.it!.takeSnapshot(options).catch((error: unknown) => error));
        pass(10);
      },
    },
  }).createMachine({ entry: 'ask' });
  return { clock, pass, asked, owner, busy };
}

const starts: Record<string, (asked: ReturnType<typeof askAtEntry>) => void> = {
  createNetwork({ busy, clock, owner }) {
    // Nothing is delivered: it cannot complete.
    const config = { processes: { p: busy, q: idle }, channels: [['p', 'q'] as const] };
    const network = createNetwork(config, { clock, schedule: createManualSchedule() });
    owner.it = network;
    stops.push(() => network.stop());
    network.start();
  },
  createProcess({ busy, clock, owner }) {
    const { port1 } = new MessageChannel(); // with nobody at its other end
    const process = createProcess(busy, { id: 'p', peers: { q: messagePort(port1) }, clock });
    owner.it = process;
    stops.push(
      () => port1.close(),
      () => process.stop(),
    );
    process.start();
  },
};

describe('a snapshot that is asked for as a process starts', () => {
  it.each(Object.entries(starts))('has its time from then on (%s)', async (_, start) => {
    const run = askAtEntry({ timeoutMs: 15 });
    start(run);
    run.pass(4);
    const error = await Promise.race([run.asked[0], Promise.resolve('under way')]);
    expect(error).toBe('under way');
    run.pass(1);
    expect(await run.asked[0]).toMatchObject({
      code: 'snapshot-aborted',
      message: expect.stringMatching(/15 ms/) as unknown,
    });
  });

  it.each(Object.entries(starts))('may be late before it begins (%s)', async (_, start) => {
    const run = askAtEntry({ timeoutMs: 10 });
    start(run);
    expect(await run.asked[0]).toMatchObject({ code: 'snapshot-aborted' });
  });

  it.each(Object.entries(starts))('is given up by its signal (%s)', async (_, start) => {
    const ending = new AbortController();
    const run = askAtEntry({ signal: ending.signal });
    start(run);
    ending.abort(new Error('not needed'));
    expect(await run.asked[0]).toMatchObject({ code: 'snapshot-aborted', cause: new Error('not needed') });
  });
});

describe('a snapshot that is asked for while a process waits for its next actor', () => {
  /** Rolled back, and nobody has created the actor yet. */
  async function rollBack() {
    const logic = withPeers(idle, { id: 'p', recreate: () => undefined });
    const actor = createActor(logic).start();
    const process = processOf(actor);
    const checkpoint = await process.takeCheckpoint();
    const back = process.rollBack(checkpoint);
    stops.push(() => process.stop());
    await back;
    return { logic, process };
  }

  it('is taken when there is one', async () => {
    const { logic, process } = await rollBack();
    const taken = process.takeSnapshot();
    createActor(logic).start();
    expect(Object.keys((await taken).processes)).toEqual(['p']);
  });

  it('is given up when its time is over, or by its signal', async () => {
    const { process } = await rollBack();
    await expect(process.takeSnapshot({ timeoutMs: 1 })).rejects.toMatchObject({ code: 'snapshot-aborted' });
    await expect(process.takeSnapshot({ signal: AbortSignal.timeout(1) })).rejects.toMatchObject({
      code: 'snapshot-aborted',
    });
  });

  it('is given up when the process is stopped', async () => {
    const { process } = await rollBack();
    const taken = process.takeSnapshot();
    process.stop();
    await expect(taken).rejects.toMatchObject({ code: 'not-running' });
  });
});
