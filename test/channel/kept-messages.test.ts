import { describe, expect, it } from 'vitest';
import type { Message } from '../../src/channel/envelope.js';
import { KeptMessages } from '../../src/channel/kept-messages.js';

const message = (seq: number): Message => ({ type: 'message', seq, event: { type: 'M' } });
const keep = (kept: KeptMessages, from: number, to: number) => {
  for (let seq = from; seq <= to; seq++) kept.keep(message(seq));
};
const since = (kept: KeptMessages, count: number) => kept.since(count)?.map(({ seq }) => seq);

describe('kept messages', () => {
  it('are those after a number, in order', () => {
    const kept = new KeptMessages(3, 100);
    expect([since(kept, 3), since(kept, 2)]).toEqual([[], undefined]);
    keep(kept, 4, 6);
    expect([since(kept, 3), since(kept, 5), since(kept, 6)]).toEqual([[4, 5, 6], [6], []]);
  });

  it('are dropped when they are in a checkpoint, and not twice', () => {
    const kept = new KeptMessages(0, 100);
    keep(kept, 1, 5);
    kept.trim(3);
    kept.trim(2);
    expect([kept.keptAfter, kept.size, since(kept, 3), since(kept, 2)]).toEqual([3, 2, [4, 5], undefined]);
  });

  it('are the newest ones, so many at most', () => {
    const kept = new KeptMessages(0, 2);
    keep(kept, 1, 5);
    expect([kept.keptAfter, since(kept, 3), since(kept, 2)]).toEqual([3, [4, 5], undefined]);
  });

  it('take no more room than they need', () => {
    const kept = new KeptMessages(0, 10);
    for (let seq = 1; seq <= 100_000; seq++) {
      kept.keep(message(seq));
      if (seq % 1000 === 0) kept.trim(seq - 5);
    }
    expect(since(kept, 99_995)).toEqual([99_996, 99_997, 99_998, 99_999, 100_000]);
    expect((kept as unknown as { kept: unknown[] }).kept.length).toBeLessThanOrEqual(21);
  });
});
