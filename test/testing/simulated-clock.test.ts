import { describe, expect, it } from 'vitest';
import { createSimulatedClock } from '../../src/testing/index.js';

describe('the simulated clock', () => {
  it('stands still until it is moved, then fires what is due, earliest first, each at its own time', () => {
    const clock = createSimulatedClock(1000);
    const fired: string[] = [];
    const set = (name: string, ms: number) => clock.setTimeout(() => fired.push(`${name}@${clock.now()}`), ms);
    set('late', 50);
    set('early', 10);
    set('same', 50);
    clock.clearTimeout(set('cancelled', 20));
    expect([clock.now(), clock.nextDueAt, fired.length]).toEqual([1000, 1010, 0]);
    clock.increment(50);
    expect(fired).toEqual(['early@1010', 'late@1050', 'same@1050']);
    expect([clock.now(), clock.nextDueAt]).toEqual([1050, undefined]);
  });

  it('ticks one timer at a time, also those that timers set', () => {
    const clock = createSimulatedClock();
    let count = 0;
    const again = () => {
      count++;
      clock.setTimeout(again, 10);
    };
    clock.setTimeout(again, 0);
    clock.tick();
    clock.tick();
    clock.tick();
    expect([count, clock.now()]).toEqual([3, 20]);
    clock.increment(25);
    expect([count, clock.now()]).toEqual([5, 45]);
  });

  it('does nothing on a tick when no timer is pending', () => {
    const clock = createSimulatedClock();
    clock.tick();
    expect(clock.now()).toBe(0);
  });
});
