/** Links that break what the algorithm assumes: what comes of it is right, or a named failure, and never a wrong snapshot. */
import { afterEach, describe, expect, it } from 'vitest';
import {
  createProcess,
  isPanoramaError,
  verifySnapshot,
  type Frame,
  type GlobalSnapshot,
  type LinkEvent,
  type PanoramaError,
  type Peers,
  type Transport,
} from '../../src/index.js';
import { createRandom } from '../../src/schedule/random.js';
import { account, totalOf } from '../support/account.js';
import { createPipe, type Faults, type Pipe } from '../support/pipe.js';

const ROUNDS = 6;
const TOTAL = 3000;
const stops: (() => void)[] = [];
afterEach(() => {
  for (const stop of stops.splice(0)) stop();
});

/** Three accounts, with a pipe between each two. */
function start(faults: Faults, seed: number, isReliable: boolean) {
  const { next } = createRandom(seed);
  const pipes = {
    ab: createPipe(faults, next, isReliable),
    bc: createPipe(faults, next, isReliable),
    ca: createPipe(faults, next, isReliable),
  };
  const { ab, bc, ca } = pipes;
  const told: LinkEvent[] = [];
  const programs: readonly { id: string; peers: Peers }[] = [
    { id: 'a', peers: { b: ab.ends[0], c: ca.ends[1] } },
    { id: 'b', peers: { a: ab.ends[1], c: bc.ends[0] } },
    { id: 'c', peers: { a: ca.ends[0], b: bc.ends[1] } },
  ];
  const all = programs.map((options) => {
    const process = createProcess(account, { ...options, input: { balance: TOTAL / 3 } });
    process.links$.subscribe((event) => told.push(event));
    stops.push(() => process.stop());
    return process.start();
  });
  return { all, pipes: Object.values(pipes), told };
}

/** They pay one another, and take snapshots in turn. */
async function payAndSnapshot(all: ReturnType<typeof start>['all'], timeoutMs: number) {
  const results: (GlobalSnapshot | PanoramaError)[] = [];
  for (let round = 0; round < ROUNDS; round++) {
    for (const process of all) {
      const others = all.filter((other) => other !== process);
      for (let n = 0; n < 4; n++) process.send({ type: 'PAY', to: others[n % 2]!.id, amount: 1 });
    }
    const taking = all[round % 3]!.takeSnapshot({ timeoutMs });
    results.push(
      await taking.catch((error: unknown) => {
        if (isPanoramaError(error)) return error;
        throw error;
      }),
    );
  }
  return results;
}

const happened = (pipes: readonly Pipe[]) =>
  pipes.flatMap(({ done }) => Object.values(done)).reduce((sum, count) => sum + count, 0);

const FAULTS: Record<string, Faults> = {
  lose: { lose: 0.1 },
  repeat: { repeat: 0.4 },
  reorder: { reorder: 0.4 },
  delay: { delay: 0.5 },
  corrupt: { corrupt: 0.2 },
  'do all of that': { lose: 0.05, repeat: 0.2, reorder: 0.2, delay: 0.2, corrupt: 0.1 },
};

describe('links over what does not promise to carry everything', () => {
  it.each(Object.entries(FAULTS))('make it so: frames %s, and every snapshot is right', async (_, faults) => {
    const { all, pipes, told } = start(faults, 7, false);
    for (const snapshot of await payAndSnapshot(all, 25_000)) {
      if (isPanoramaError(snapshot)) throw snapshot;
      expect(verifySnapshot(snapshot)).toEqual({ consistent: true });
      expect(totalOf(snapshot)).toBe(TOTAL);
      expect(snapshot.stats.markers).toBe(6);
    }
    expect(happened(pipes)).toBeGreaterThan(5);
    expect(told.filter(({ type }) => type === 'link.failed')).toEqual([]);
  });

  it('go on after cuts at any moment, and the snapshots under way with them', async () => {
    const { all, pipes } = start({ lose: 0.05 }, 3, false);
    const random = createRandom(5);
    const cutting = setInterval(() => {
      const pipe = random.pick(pipes);
      pipe.cut();
      setImmediate(() => pipe.restore());
    }, 5);
    stops.push(() => clearInterval(cutting));
    for (const snapshot of await payAndSnapshot(all, 25_000)) {
      if (isPanoramaError(snapshot)) throw snapshot;
      expect(verifySnapshot(snapshot)).toEqual({ consistent: true });
      expect(totalOf(snapshot)).toBe(TOTAL);
    }
  });
});

describe('links over what promises to carry everything, and does not', () => {
  it.each(Object.entries(FAULTS))('fail, and say where: frames %s, and no snapshot is wrong', async (_, faults) => {
    const { all, pipes, told } = start(faults, 7, true);
    const results = await payAndSnapshot(all, 500);
    for (const result of results) {
      if (!isPanoramaError(result)) expect(verifySnapshot(result)).toEqual({ consistent: true });
      else {
        expect(result.code).toBe('snapshot-aborted');
        expect(result.channels.join()).toMatch(/[abc]->[abc]/);
      }
    }
    expect(happened(pipes)).toBeGreaterThan(3);
    // What comes twice is dropped; all else is a gap.
    if (faults === FAULTS.repeat) return expect(results.filter(isPanoramaError)).toEqual([]);
    const errors = told.flatMap((event) => (event.type === 'link.failed' ? [event.error] : []));
    const failed = errors.filter(({ code }) => code === 'link-failed');
    expect(failed).not.toEqual([]);
    for (const { channels } of failed) expect(channels).toHaveLength(2);
    expect(results.filter(isPanoramaError)).not.toEqual([]);
  });
});

describe('a peer that sends, in order, what is no envelope', () => {
  it('fails the link once: to ask for it again would bring the same', async () => {
    const { ends } = createPipe();
    const spoiling: Transport = {
      ...ends[1],
      open(receiver, ids) {
        const sender = ends[1].open(receiver, ids);
        const spoil = (frame: Frame) => (frame.type === 'data' ? { ...frame, items: [1, { type: 5 }] } : frame);
        return { ...sender, send: (frame) => sender.send(spoil(frame)) };
      },
    };
    const a = createProcess(account, { id: 'a', peers: { b: ends[0] }, input: { balance: 1 } }).start();
    const b = createProcess(account, {
      id: 'b',
      peers: { a: spoiling },
      input: { balance: 1 },
      logger: () => undefined,
    });
    stops.push(
      () => a.stop(),
      () => b.stop(),
    );
    const told: LinkEvent[] = [];
    a.links$.subscribe((event) => told.push(event));
    b.start();
    await expect.poll(() => told.map(({ type }) => type)).toEqual(['link.connected']);
    b.send({ type: 'PAY', to: 'a', amount: 1 });
    await expect.poll(() => told.map(({ type }) => type)).toEqual(['link.connected', 'link.failed']);
    expect(told[1]).toMatchObject({ error: { message: expect.stringContaining('what is no envelope') as unknown } });
    expect(a.actor.getSnapshot().context.balance).toBe(1);
  });
});
