import type { Random } from '../../src/schedule/random.js';

/** Some of these, at least so many, in their order. */
export function some<T>(random: Random, items: readonly T[], atLeast: number): T[] {
  const count = random.integer(Math.min(atLeast, items.length), items.length);
  const left = [...items];
  while (left.length > count) left.splice(random.integer(0, left.length - 1), 1);
  return left;
}
