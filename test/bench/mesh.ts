import { createActor, createMachine, fromTransition } from 'xstate';
import { createNetwork, fullMesh } from 'xstate-panorama';
import { median, print, timeMs } from './measure.js';

const idle = fromTransition((state: number) => state, 0);

/** What one event costs a small XState machine here, in µs. */
async function machineEventUs(): Promise<number> {
  const actor = createActor(
    createMachine({ initial: 'a', states: { a: { on: { X: 'b' } }, b: { on: { X: 'a' } } } }),
  ).start();
  const EVENTS = 100_000;
  const run = () => {
    for (let n = 0; n < EVENTS; n++) actor.send({ type: 'X' });
  };
  run();
  return ((await timeMs(run)) * 1000) / EVENTS;
}

/** A snapshot of a full mesh: µs per channel, warm, and how it grows. */
export async function mesh(): Promise<void> {
  const eventUs = await machineEventUs();
  const rows: string[][] = [];
  const totals = new Map<number, number>();
  for (const n of [10, 30, 100, 300]) {
    const ids = Array.from({ length: n }, (_, index) => `p${index}`);
    const network = createNetwork({
      processes: Object.fromEntries(ids.map((id) => [id, idle])),
      channels: fullMesh(ids),
    });
    network.start();
    const take = () => network.takeSnapshot({ initiators: ['p0'], timeoutMs: 600_000 });
    const coldMs = await timeMs(take);
    const times: number[] = [];
    for (let round = 0; round < (n === 300 ? 5 : 15); round++) times.push(await timeMs(take));
    network.stop();
    const channels = n * (n - 1);
    const us = (median(times) * 1000) / channels;
    totals.set(n, median(times));
    rows.push([
      String(n),
      String(channels),
      coldMs.toFixed(1),
      median(times).toFixed(1),
      us.toFixed(1),
      (us / eventUs).toFixed(1),
    ]);
  }
  print(
    [
      'processes',
      'channels',
      'cold ms',
      'warm ms',
      'µs/channel',
      `machine events/channel (${eventUs.toFixed(2)} µs each)`,
    ],
    rows,
  );
  const exponent = Math.log(totals.get(300)! / totals.get(100)!) / Math.log((300 * 299) / (100 * 99));
  console.log(`exponent in the number of channels, n = 100 to 300: ${exponent.toFixed(2)} (goal ≤ 1.15)`);
}
