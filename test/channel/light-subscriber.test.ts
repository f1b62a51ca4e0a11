import { Subject } from 'rxjs';
import { expect, it } from 'vitest';
import { LightSubscriber } from '../../src/channel/light-subscriber.js';

class Collector extends LightSubscriber<number> {
  readonly seen: number[] = [];
  override next(value: number): void {
    this.seen.push(value);
  }
}

it('is the subscriber itself: RxJS makes none for it, and hands it each value in its turn', () => {
  const numbers = new Subject<number>();
  const before: number[] = [];
  const collector = new Collector();
  numbers.subscribe((value) => before.push(collector.seen.length, value));
  expect(numbers.subscribe(collector)).toBe(collector);
  numbers.next(1);
  numbers.next(2);
  expect(collector.seen).toEqual([1, 2]);
  expect(before).toEqual([0, 1, 1, 2]);
  numbers.complete();
  numbers.next(3);
  expect(collector.seen).toEqual([1, 2]);
  expect(numbers.observed).toBe(false);
});
