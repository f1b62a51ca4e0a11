/** The playback that paces a network: pause, play, speed, and one step at a time. */
import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';
import { createNetwork, verifySnapshot, type NetworkConfig, type TraceEvent } from '../../src/index.js';
import { createPlayback, type PlaybackOptions } from '../../src/inspect/playback.js';
import { account } from '../../demos/bank/account.js';

beforeEach(() => void vi.useFakeTimers());
afterEach(() => void vi.useRealTimers());

/** Three accounts that keep paying each other, on their own timers. */
function pacedBank(options: PlaybackOptions) {
  const ids = ['a', 'b', 'c'];
  const playback = createPlayback(options);
  const config = {
    processes: Object.fromEntries(
      ids.map((id, index) => {
        const others = ids.filter((other) => other !== id);
        return [id, { logic: account, input: { balance: 100, others, pauseMs: 1 + index } }];
      }),
    ),
    channels: ids.flatMap((from) => ids.filter((to) => to !== from).map((to) => [from, to] as const)),
  } satisfies NetworkConfig;
  const network = createNetwork(config, { schedule: playback.schedule, clock: playback.clock });
  const trace: TraceEvent[] = [];
  network.trace$.subscribe((event) => trace.push(event));
  network.start();
  const happened = () =>
    trace.flatMap((event) =>
      event.type === 'message.received' || event.type === 'timer.fired' ? [`${event.type} ${event.process}`] : [],
    );
  return { playback, network, trace, happened };
}

describe('a playback', () => {
  it('does the same for the same seed, at any speed and with any pauses; other things for another', async () => {
    const run = async (
      options: PlaybackOptions,
      act: (playback: ReturnType<typeof createPlayback>) => Promise<unknown>,
    ) => {
      const { playback, network, happened } = pacedBank(options);
      await act(playback);
      network.stop();
      return happened().slice(0, 300);
    };
    const fast = await run({ seed: 7 }, () => vi.advanceTimersByTimeAsync(300));
    const slow = await run({ seed: 7, speed: 0.1 }, async (playback) => {
      await vi.advanceTimersByTimeAsync(777);
      playback.pause();
      await vi.advanceTimersByTimeAsync(5000);
      playback.setSpeed(3);
      playback.play();
      await vi.advanceTimersByTimeAsync(1000);
    });
    expect(fast).toHaveLength(300);
    expect(slow).toEqual(fast);
    const other = await run({ seed: 8 }, () => vi.advanceTimersByTimeAsync(300));
    expect(other).not.toEqual(fast);
  });

  it('while paused nothing happens but what is stepped: exactly one envelope, or whatever comes next', async () => {
    const { playback, happened, network } = pacedBank({ isPaused: true });
    await vi.advanceTimersByTimeAsync(10_000);
    expect(happened()).toEqual([]);
    while (!happened().includes('timer.fired a')) playback.step();
    expect(playback.step('a->b')).toBe(true);
    expect(happened().filter((event) => event.startsWith('message'))).toEqual(['message.received b']);
    expect(playback.step('a->b')).toBe(false);
    const snapshot = network.takeSnapshot({ initiators: ['c'] });
    for (let n = 0; n < 100; n++) playback.step();
    expect(verifySnapshot(await snapshot)).toEqual({ consistent: true });
  });

  it('sets the time by its speed', async () => {
    const { playback } = pacedBank({ speed: 0.5 });
    const begin = playback.clock.now();
    await vi.advanceTimersByTimeAsync(1000);
    expect(playback.clock.now() - begin).toBeCloseTo(500, -1);
    playback.pause();
    const paused = playback.clock.now();
    await vi.advanceTimersByTimeAsync(1000);
    expect(playback.clock.now()).toBe(paused);
    const states: unknown[] = [];
    const stop = playback.onChange(() => states.push(playback.state));
    playback.setSpeed(2);
    playback.play();
    stop();
    playback.pause();
    expect(states).toEqual([
      { isPlaying: false, speed: 2, seed: 1 },
      { isPlaying: true, speed: 2, seed: 1 },
    ]);
  });

  it('a link is slow, but not narrow: a burst is delivered in the time of one message', async () => {
    const { playback, network, trace } = pacedBank({ latencyMs: 10, isPaused: true });
    for (let n = 0; n < 50; n++) network.send('a', { type: 'MONEY', amount: 1 } as never);
    playback.play();
    await vi.advanceTimersByTimeAsync(2000);
    const sent = trace.filter(({ type }) => type === 'message.sent').length;
    const received = trace.filter(({ type }) => type === 'message.received').length;
    expect(sent).toBeGreaterThan(1000);
    expect(sent - received).toBeLessThan(50);
  });

  it('refuses what it cannot do', () => {
    expect(() => createPlayback({ speed: 0 })).toThrow(/`speed` to be a number > 0, got 0/);
    expect(() => createPlayback({ seed: 0.5 })).toThrow(/`seed`/);
    expect(() => createPlayback({ latencyMs: -1 })).toThrow(/`latencyMs`/);
  });
});
