/** Real programs are killed, stand still and are cut off, in every phase, while goods go round and inputs come in. */
import { describe, expect, it } from 'vitest';
import { Checker } from './town/checker.js';
import { beset, wearOut, type Outcome } from './town/faults.js';

const FAULTS = 160;
const GENTLE_FAULTS = 40;
const seed = Number(process.env.SEED ?? 1);
const tell = process.env.TELL === undefined ? () => undefined : console.log;

function expectLively({ counts, safe, messages }: Outcome) {
  expect(safe).toBeGreaterThan(100);
  for (const fault of ['drop', 'double', 'swap', 'corrupt']) expect([fault, messages[fault]]).not.toEqual([fault, 0]);
  // Each life that comes is a rollback at the most, and each client that was not heard of.
  const { begun = 0, 'link.silent': silent = 0, 'recovery.begun': rollbacks = 0 } = counts;
  expect(rollbacks).toBeGreaterThan(0);
  expect(rollbacks).toBeLessThanOrEqual(begun + silent);
}

describe('a town of programs', () => {
  it(`goes on after ${FAULTS} faults, and nothing is lost and nothing is there twice`, async () => {
    const outcome = await beset(seed, FAULTS, tell);
    expectLively(outcome);
    expect(outcome.kinds.size).toBe(19);
    expect(outcome.counts).toMatchObject({ superseded: expect.any(Number), unsafe: expect.any(Number) });
  }, 900_000);

  it(`goes on after ${GENTLE_FAULTS} more with as many tolerated as by default, and keeps nothing of them`, async () => {
    expectLively(await wearOut(seed, GENTLE_FAULTS, tell));
  }, 300_000);
});

describe('the checker', () => {
  const books = (change: object = {}) => ({ stock: 1000, inputs: [], given: {}, got: {}, torn: [], ...change });
  const delivery = (n: number, amount: number) => ({ seq: n, event: { type: 'DELIVERY', from: 'a', n, amount } });

  /** Two depots: a has delivered 2 and 3 to b, who has the first, and took inputs 7 and 8. */
  const right = () => ({
    processes: {
      a: {
        snapshot: { context: books({ stock: 997, inputs: [7, 8], given: { b: 2 } }) },
        inputs: 2,
        sent: { 'a->b': { count: 2 } },
        received: { 'b->a': { count: 0 } },
      },
      b: {
        snapshot: { context: books({ stock: 1002, got: { a: 1 } }) },
        inputs: 0,
        sent: { 'b->a': { count: 0 } },
        received: { 'a->b': { count: 1 } },
      },
    },
    channels: { 'a->b': { messages: [delivery(2, 3)] }, 'b->a': { messages: [] as object[] } },
    stats: { markers: 2, messages: 1 },
  });
  const checker = () => {
    const checker = new Checker(['a', 'b'], [['a', 'b']]);
    for (const n of [7, 8, 9]) checker.noteSent('a', n);
    return checker;
  };
  type Picture = ReturnType<typeof right>;

  it('finds nothing wrong with what is right', () => {
    expect(checker().faultsOf(right())).toEqual([]);
  });

  it.each<[what: string, spoil: (picture: Picture) => unknown, fault: RegExp]>([
    ['a process is missing', ({ processes }) => delete (processes as Partial<typeof processes>).b, /it has a$/],
    ['goods are lost', ({ processes: { a } }) => (a.snapshot.context.stock = 996), /996|1998 in stock/],
    ['goods are there twice', ({ channels }) => (channels['a->b'].messages = [delivery(2, 4)]), /4 in flight/],
    ['an input is there twice', ({ processes: { a } }) => (a.snapshot.context.inputs = [7, 7] as never), /twice/],
    ['an input came from nowhere', ({ processes: { a } }) => (a.snapshot.context.inputs = [7, 6] as never), /nobody/],
    ['inputs are counted wrongly', ({ processes: { a } }) => (a.inputs = 3), /counts 3/],
    ['a message is lost', ({ channels }) => (channels['a->b'].messages = []), /a->b: message 2 sent, 1 received/],
    ['a message is older', ({ channels }) => (channels['a->b'].messages[0]!.seq = 1), /in flight 1/],
    ['a delivery is another', ({ channels }) => (channels['a->b'].messages[0]!.event.n = 3), /delivery 2 sent/],
    ['more came than was sent', ({ processes: { b } }) => (b.received['a->b'].count = 3), /3 received/],
    [
      'a delivery was skipped',
      ({ processes: { b } }) => (b.snapshot.context.torn = ['2 for 1'] as never),
      /got 2 for 1/,
    ],
    ['a marker is missing', ({ stats }) => (stats.markers = 1), /1 markers/],
    ['a channel is missing', ({ channels }) => delete (channels as Partial<typeof channels>)['b->a'], /its channels/],
  ])('notices that %s', (_, spoil, fault) => {
    const picture = right();
    spoil(picture);
    expect(checker().faultsOf(picture).join('; ')).toMatch(fault);
  });

  it('notices that inputs have changed their places, or are lost', () => {
    const judge = checker();
    judge.noteSafe('a', 9);
    expect(judge.faultsOf(right())).toEqual([]);
    expect(judge.missing(right())).toEqual(['a: 9']);
    const later = right();
    later.processes.a.snapshot.context.inputs = [8, 7] as never;
    expect(judge.faultsOf(later).join()).toMatch(/has 8 as input 1, and had 7 before/);
  });

  it('notices that a log has something else', () => {
    const log = [{ seq: 2, event: { n: 8 } }];
    expect(checker().faultsOfLog('a', log, 2, right())).toEqual([]);
    expect(checker().faultsOfLog('a', [{ seq: 1, event: { n: 8 } }], 2, right())).toHaveLength(1);
    expect(checker().faultsOfLog('a', log, 3, right())).toHaveLength(1);
  });
});
