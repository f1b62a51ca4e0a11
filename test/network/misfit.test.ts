/** Snapshots that no network could go on from are refused as it is created, by what is wrong. */
import { describe, expect, it } from 'vitest';
import { createManualSchedule, createNetwork, type ChannelPair, type GlobalSnapshot } from '../../src/index.js';
import { mattern } from '../../src/snapshot/algorithms/index.js';
import { account } from '../support/account.js';
import { deliverAll } from '../support/network.js';

const configOf = (channels: readonly ChannelPair<'a' | 'b'>[]) => ({
  processes: { a: { logic: account, input: { balance: 100 } }, b: { logic: account, input: { balance: 100 } } },
  channels,
});
const ordered = configOf([
  ['a', 'b'],
  ['b', 'a'],
]);
const unordered = configOf([
  ['a', 'b', { fifo: false }],
  ['b', 'a'],
]);

type Editable = {
  version: number;
  processes: Record<string, { sent: Record<string, unknown>; received: Record<string, unknown> }>;
  channels: Record<string, { messages: { seq: number; event: { type: string } }[] }>;
};

/** A snapshot with 4 sent from a to b, 1 received, 3 in flight; where no order is kept, #2 is received instead of #1. */
async function take(config: typeof ordered): Promise<GlobalSnapshot> {
  const schedule = createManualSchedule();
  const network = createNetwork(config, { schedule, algorithm: mattern });
  network.start();
  for (let n = 0; n < 4; n++) network.send('a', { type: 'PAY', to: 'b', amount: 1 });
  schedule.deliver('a->b', config === unordered ? 1 : 0);
  const taking = network.takeSnapshot({ initiators: ['a', 'b'] });
  deliverAll(schedule);
  network.stop();
  return (await taking) as GlobalSnapshot;
}

/** What is said of an edited snapshot. */
async function restore(config: typeof ordered, edit: (snapshot: Editable) => unknown): Promise<string> {
  const snapshot = structuredClone(await take(config)) as unknown as Editable;
  edit(snapshot);
  try {
    createNetwork(config, { snapshot: snapshot as never, algorithm: mattern }).stop();
    return 'restored';
  } catch (error) {
    return (error as Error).message;
  }
}

const message = (seq: number) => ({ seq, event: { type: 'MONEY', amount: 1 } });
const receivedBy = ({ processes }: Editable, counter: object | undefined) => {
  if (counter === undefined) delete processes.b!.received['a->b'];
  else processes.b!.received['a->b'] = counter;
};
const inFlight = ({ channels }: Editable, ...seqs: number[]) => (channels['a->b']!.messages = seqs.map(message));

describe('a snapshot', () => {
  it('as it was taken is gone on from', async () => {
    expect(await restore(ordered, () => undefined)).toBe('restored');
    expect(await restore(unordered, () => undefined)).toBe('restored');
  });

  it.each<[string, unknown, RegExp]>([
    ['nothing', null, /`snapshot` to be a global snapshot, got null/],
    ['a text', 'text', /`snapshot` to be a global snapshot, got "text"/],
    ['of no version', {}, /version 1, got undefined/],
    ['without channels', { version: 1, processes: {} }, /with `processes` and `channels`, got one without/],
    ['without processes', { version: 1, channels: {} }, /with `processes` and `channels`, got one without/],
  ])('that is %s is refused', (_, snapshot, expected) => {
    expect(() => createNetwork(ordered, { snapshot: snapshot as never })).toThrow(expected);
  });

  it('of other processes or channels is refused, and what differs is named once', async () => {
    const snapshot = await take(ordered);
    const { a, b } = ordered.processes;
    expect(() => createNetwork({ processes: { a, c: b }, channels: [] }, { snapshot: snapshot as never })).toThrow(
      /snapshot's processes, got b in the snapshot alone and c in the config alone\. Restore/,
    );
    expect(() =>
      createNetwork({ processes: { a, b }, channels: [['a', 'b']] }, { snapshot: snapshot as never }),
    ).toThrow(/snapshot's channels, got b->a in the snapshot alone\. Restore/);
    expect(() =>
      createNetwork(
        { processes: { a, b }, channels: [...ordered.channels, ['a', 'a']] },
        { snapshot: snapshot as never },
      ),
    ).toThrow(/snapshot's channels, got a->a in the config alone\. Restore/);
  });

  it.each<[string, (snapshot: Editable) => unknown, RegExp]>([
    ['a message too few', (s) => inFlight(s, 2, 3), /"a->b" with 4 sent, 1 received and messages \[2, 3\] in flight\./],
    ['a message too many', (s) => inFlight(s, 2, 3, 4, 5), /messages \[2, 3, 4, 5\]/],
    ['messages in another order', (s) => inFlight(s, 3, 2, 4), /messages \[3, 2, 4\]/],
    ['a message twice', (s) => inFlight(s, 2, 2, 4), /messages \[2, 2, 4\]/],
    ['messages of another time', (s) => inFlight(s, 12, 13, 14), /messages \[12, 13, 14\]/],
    ['no count of what was received', (s) => receivedBy(s, undefined), /4 sent, -1 received and messages/],
    ['another count of it', (s) => receivedBy(s, { count: 2 }), /4 sent, 2 received and/],
    ['no count of what was sent', (s) => delete s.processes.a!.sent['a->b'], /with -1 sent/],
    [
      'gaps, where order is kept',
      (s) => (receivedBy(s, { count: 0, beyond: [2] }), inFlight(s, 1, 3, 4)),
      /0 received and \[2\] past a gap and messages \[1, 3, 4\] in flight on a channel that keeps order/,
    ],
    [
      'a gap at the end, where order is kept',
      (s) => (receivedBy(s, { count: 0, beyond: [4] }), inFlight(s, 1, 2, 3)),
      /0 received and \[4\] past a gap and messages \[1, 2, 3\] in flight on a channel that keeps order/,
    ],
    [
      'an empty list of gaps, where order is kept, and a message too few',
      (s) => (receivedBy(s, { count: 1, beyond: [] }), inFlight(s, 2)),
      /1 received and messages \[2\] in flight on a channel that keeps order/,
    ],
  ])('with %s is refused', async (_, edit, expected) => {
    expect(await restore(ordered, edit)).toMatch(expected);
  });

  it.each<[string, (snapshot: Editable) => unknown, RegExp]>([
    [
      'a message too few',
      (s) => inFlight(s, 1, 3),
      /0 received and \[2\] past a gap and messages \[1, 3\] in flight\./,
    ],
    ['a message both received and in flight', (s) => inFlight(s, 1, 2, 3), /messages \[1, 2, 3\] in flight\./],
    ['a message twice', (s) => inFlight(s, 1, 1, 3), /messages \[1, 1, 3\]/],
    ['one that was never sent', (s) => inFlight(s, 1, 3, 5), /messages \[1, 3, 5\]/],
    [
      'one that was received before',
      (s) => (receivedBy(s, { count: 1 }), inFlight(s, 1, 2, 4)),
      /messages \[1, 2, 4\]/,
    ],
  ])('without order, with %s is refused', async (_, edit, expected) => {
    expect(await restore(unordered, edit)).toMatch(expected);
  });

  it('without order may have what is in flight in any', async () => {
    expect(await restore(unordered, (s) => inFlight(s, 4, 1, 3))).toBe('restored');
    expect(await restore(unordered, (s) => (receivedBy(s, { count: 1 }), inFlight(s, 4, 2, 3)))).toBe('restored');
  });
});
