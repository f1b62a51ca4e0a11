import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { Queue } from '../../src/schedule/queue.js';

interface Item {
  readonly n: number;
}

type Command =
  | { readonly type: 'push' | 'shift' | 'peek' | 'clear' }
  | { readonly type: 'take'; readonly index: number }
  | { readonly type: 'putBack'; readonly count: number };

const command: fc.Arbitrary<Command> = fc.oneof(
  { weight: 6, arbitrary: fc.constant({ type: 'push' as const }) },
  { weight: 4, arbitrary: fc.constant({ type: 'shift' as const }) },
  fc.constant({ type: 'peek' as const }),
  fc.constant({ type: 'clear' as const }),
  fc.record({ type: fc.constant('take' as const), index: fc.nat(5) }),
  fc.record({ type: fc.constant('putBack' as const), count: fc.nat(3) }),
);

describe('a queue', () => {
  it('does what an array does', () => {
    fc.assert(
      fc.property(fc.array(command, { maxLength: 60 }), (commands) => {
        const queue = new Queue<Item>();
        const model: Item[] = [];
        let n = 0;
        for (const step of commands) {
          if (step.type === 'push') {
            const item = { n: n++ };
            queue.push(item);
            model.push(item);
          } else if (step.type === 'shift') expect(queue.shift()).toBe(model.shift());
          else if (step.type === 'peek') expect(queue.peek()).toBe(model[0]);
          else if (step.type === 'take') expect(queue.take(step.index)).toBe(model.splice(step.index, 1)[0]);
          else if (step.type === 'putBack') {
            const older = Array.from({ length: step.count }, () => ({ n: n++ }));
            queue.putBack(older);
            model.unshift(...older);
          } else {
            queue.clear();
            model.length = 0;
          }
          expect(queue.size).toBe(model.length);
          expect([...queue]).toEqual(model);
        }
      }),
    );
  });

  it('keeps its order when it is long', () => {
    const queue = new Queue<Item>();
    const taken: number[] = [];
    for (let n = 0; n < 10_000; n++) {
      queue.push({ n });
      if (n % 3 === 0) taken.push(queue.shift()!.n);
    }
    for (let item = queue.shift(); item !== undefined; item = queue.shift()) taken.push(item.n);
    expect(taken).toEqual(Array.from({ length: 10_000 }, (_, n) => n));
    expect(queue.size).toBe(0);
  });
});
