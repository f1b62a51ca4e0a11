import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { verifySnapshot, type GlobalSnapshot, type RecordedMessage } from '../../src/index.js';

/** A consistent snapshot of two processes, with messages 3 to 6 in flight from a to b and none back. */
function sample() {
  const event = (seq: number) => ({ seq, event: { type: 'M', seq } });
  const state = { snapshot: { status: 'active' as const, output: undefined, error: undefined }, timers: [] };
  return {
    version: 1 as const,
    id: 's',
    initiators: ['a'],
    processes: {
      a: { ...state, sent: { 'a->b': { count: 6 } }, received: { 'b->a': { count: 4 } } },
      b: { ...state, sent: { 'b->a': { count: 4 } }, received: { 'a->b': { count: 2 } } },
    },
    channels: {
      'a->b': { messages: [3, 4, 5, 6].map(event) as RecordedMessage[] },
      'b->a': { messages: [] as RecordedMessage[] },
    },
    stats: { markers: 2, messages: 4 },
  };
}

/** The same where the channel from a to b does not keep order: b has 1, 2, 4 and 6; 3 and 5 are in flight, in any order. */
const judgeWithoutFifo = (edit: (received: { count: number; beyond: unknown }, seqs: number[]) => void) =>
  judge((snapshot) => {
    const received = { count: 2, beyond: [4, 6] as unknown };
    const seqs = [5, 3];
    edit(received, seqs);
    snapshot.processes.b.received['a->b'] = received;
    snapshot.channels['a->b'].messages = seqs.map((seq) => ({ seq, event: { type: 'M' } }));
  });

const judge = (edit: (snapshot: ReturnType<typeof sample>) => void) => {
  const snapshot = sample();
  edit(snapshot);
  const verdict = verifySnapshot(snapshot as unknown as GlobalSnapshot);
  return verdict.consistent ? [] : verdict.violations.map(({ kind, channel, seqs }) => ({ kind, channel, seqs }));
};

describe('verifySnapshot on a channel without FIFO', () => {
  const violation = (kind: string, seqs: number[]) => [{ kind, channel: 'a->b', seqs }];

  it('accepts exactly what was sent and not received, in any order', () => {
    expect(judgeWithoutFifo(() => undefined)).toEqual([]);
    expect(judgeWithoutFifo((_, seqs) => seqs.reverse())).toEqual([]);
    expect(judgeWithoutFifo((received, seqs) => ((received.beyond = []), seqs.push(6, 4)))).toEqual([]);
  });

  it('reports all else', () => {
    expect(judgeWithoutFifo((_, seqs) => seqs.pop())).toEqual(violation('lost', [3]));
    expect(judgeWithoutFifo((_, seqs) => seqs.push(3))).toEqual(violation('repeated', [3]));
    expect(judgeWithoutFifo((_, seqs) => seqs.push(4))).toEqual(violation('already-received', [4]));
    expect(judgeWithoutFifo((_, seqs) => seqs.push(7))).toEqual(violation('not-sent', [7]));
    expect(judgeWithoutFifo((received) => (received.beyond = [4, 6, 9]))).toEqual(violation('received-unsent', [9]));
  });

  it.each([[[3, 6]], [[4, 4, 6]], [[2]], ['4'], [[4.5]]])('takes %j past a gap for no counter', (beyond) => {
    expect(judgeWithoutFifo((received) => (received.beyond = beyond))).toEqual(violation('malformed', []));
  });

  it('judges any such channel right: random sets against the definition', () => {
    const seqs = fc.uniqueArray(fc.integer({ min: 1, max: 9 }));
    fc.assert(
      fc.property(seqs, seqs, fc.boolean(), (received, others, isExact) => {
        let count = 0;
        while (received.includes(count + 1)) count++;
        const sent = [1, 2, 3, 4, 5, 6];
        const inFlight = isExact ? sent.filter((seq) => !received.includes(seq)) : others;
        const isRight =
          received.every((seq) => sent.includes(seq)) &&
          sent.every((seq) => received.includes(seq) !== inFlight.includes(seq)) &&
          inFlight.every((seq) => sent.includes(seq));
        const found = judgeWithoutFifo((counter, messages) => {
          Object.assign(counter, { count, beyond: received.filter((seq) => seq > count) });
          messages.splice(0, messages.length, ...inFlight);
        });
        expect(found.length === 0).toBe(isRight);
      }),
    );
  });
});

describe('verifySnapshot', () => {
  it('accepts a consistent cut', () => expect(judge(() => undefined)).toEqual([]));

  it('reports a message dropped', () =>
    expect(judge((s) => s.channels['a->b'].messages.splice(1, 1))).toEqual([
      { kind: 'lost', channel: 'a->b', seqs: [4] },
    ]));

  it('reports a message doubled', () =>
    expect(judge((s) => s.channels['a->b'].messages.splice(1, 0, s.channels['a->b'].messages[0]!))).toEqual([
      { kind: 'repeated', channel: 'a->b', seqs: [3] },
    ]));

  it('reports messages reordered', () =>
    expect(judge((s) => s.channels['a->b'].messages.reverse())).toEqual([
      { kind: 'out-of-order', channel: 'a->b', seqs: [3, 4, 5] },
    ]));

  it('reports a message moved, on both channels', () =>
    expect(judge((s) => s.channels['b->a'].messages.push(s.channels['a->b'].messages.pop()!))).toEqual([
      { kind: 'lost', channel: 'a->b', seqs: [6] },
      { kind: 'not-sent', channel: 'b->a', seqs: [6] },
    ]));

  it('reports a message received before it was sent', () =>
    expect(judge((s) => (s.processes.a.received['b->a'].count = 5))).toEqual([
      { kind: 'received-unsent', channel: 'b->a', seqs: [5] },
    ]));

  it('reports a message both received and in flight', () =>
    expect(judge((s) => (s.processes.b.received['a->b'].count = 3))).toEqual([
      { kind: 'already-received', channel: 'a->b', seqs: [3] },
    ]));

  it('reports channels without a state, a count or an end', () => {
    expect(judge((s) => delete (s.channels as Record<string, unknown>)['a->b'])).toMatchObject([
      { kind: 'malformed', channel: 'a->b' },
    ]);
    expect(judge((s) => ((s.processes.a as { sent: unknown }).sent = {}))).toMatchObject([
      { kind: 'malformed', channel: 'a->b' },
    ]);
    expect(judge((s) => ((s.channels as Record<string, unknown>)['a->z'] = { messages: [] }))).toMatchObject([
      { kind: 'malformed', channel: 'a->z' },
    ]);
  });

  it('never throws, whatever it is given, and accepts none of it', () => {
    fc.assert(
      fc.property(fc.anything(), (value) => {
        expect(verifySnapshot(value as never).consistent).toBe(false);
      }),
    );
  });
});
