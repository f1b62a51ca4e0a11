import { assign, sendTo, setup, type AnyActorRef } from 'xstate';
import { fullMesh, ring, type ChannelPair } from 'xstate-panorama';
import { simulate, type Random } from 'xstate-panorama/testing';
import { print } from './measure.js';

/** Hands a coin on for as many hops as it has left. */
const passer = setup({
  types: {
    context: {} as { readonly coins: number; readonly next: string },
    input: {} as { readonly next: string },
    events: {} as { type: 'COIN'; hops: number },
  },
}).createMachine({
  context: ({ input }) => ({ coins: 0, next: input.next }),
  on: {
    COIN: [
      {
        guard: ({ event }) => event.hops > 0,
        actions: sendTo(
          ({ system, context }) => system.get(context.next) as AnyActorRef,
          ({ event }) => ({ type: 'COIN', hops: event.hops - 1 }),
        ),
      },
      { actions: assign({ coins: ({ context }) => context.coins + 1 }) },
    ],
  },
});

const cpuMs = () => {
  const { user, system } = process.cpuUsage();
  return (user + system) / 1000;
};

async function row(what: string, size: number, topology: 'ring' | 'mesh', snapshots: number, runs: number) {
  const ids = Array.from({ length: size }, (_, index) => `p${index}`);
  const processes = Object.fromEntries(
    ids.map((id, index) => [id, { logic: passer, input: { next: ids[(index + 1) % size]! } }]),
  );
  const channels: readonly ChannelPair[] = topology === 'ring' ? ring(ids) : fullMesh(ids);
  const traffic = (random: Random) => ({
    to: random.pick(ids),
    event: { type: 'COIN' as const, hops: random.integer(0, 5) },
  });
  const options = { seed: 1, steps: 100, snapshots, traffic };
  await simulate({ processes, channels }, { ...options, runs: Math.ceil(runs / 4) }); // warm
  const before = cpuMs();
  const report = await simulate({ processes, channels }, { ...options, runs });
  const seconds = (cpuMs() - before) / 1000;
  return [
    what,
    String(channels.length),
    String(snapshots),
    String(report.snapshots.overlap),
    String(Math.round(report.deliveries / runs)),
    (runs / (report.durationMs / 1000)).toFixed(0),
    (runs / seconds).toFixed(0),
  ];
}

/** Full runs a second, each of a network created, run for 100 steps, checked, and its last snapshot restored. */
export async function simulation(): Promise<void> {
  print(
    ['', 'channels', 'snapshots', 'at once', 'deliveries/run', 'runs/s', 'runs per second of CPU'],
    [
      await row('3 processes, ring', 3, 'ring', 3, 160),
      await row('10 processes, ring', 10, 'ring', 0, 160),
      await row('10 processes, ring', 10, 'ring', 3, 160),
      await row('10 processes, ring (goal ≥ 500)', 10, 'ring', 10, 160),
      await row('10 processes, mesh', 10, 'mesh', 10, 60),
      await row('20 processes, ring', 20, 'ring', 10, 100),
      await row('40 processes, ring', 40, 'ring', 10, 60),
    ],
  );
}
