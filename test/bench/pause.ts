import { assign, createMachine } from 'xstate';
import { createNetwork, fullMesh } from 'xstate-panorama';
import { nextTask, print, timeMs } from './measure.js';

const PROCESSES = 100;
const QUEUED = 10_000;
/** Other programs on the machine only ever make a round longer: the shortest counts. */
const ROUNDS = 15;
const ids = Array.from({ length: PROCESSES }, (_, index) => `p${index}`);
const channels = fullMesh(ids);

/** A mesh with 10,000 messages queued, and a look at when each is taken. */
function create() {
  let last = 0;
  let longestMs = 0;
  let isWatching = false;
  const taker = createMachine({
    types: {} as { context: { n: number } },
    context: { n: 0 },
    on: {
      WORK: {
        actions: [
          assign({ n: ({ context }) => context.n + 1 }),
          () => {
            const now = performance.now();
            if (isWatching && last > 0) longestMs = Math.max(longestMs, now - last);
            last = now;
          },
        ],
      },
    },
  });
  const network = createNetwork({ processes: Object.fromEntries(ids.map((id) => [id, taker])), channels });
  network.start();
  const fill = () => {
    for (let n = 0; n < QUEUED; n++) {
      const [from, to] = channels[n % channels.length]!;
      (network.processes[from]!.actor.system.get(to) as { send(event: { type: string }): void }).send({ type: 'WORK' });
    }
  };
  const taken = () => ids.reduce((sum, id) => sum + network.processes[id]!.actor.getSnapshot().context.n, 0);
  return {
    network,
    fill,
    taken,
    watch: () => {
      last = 0;
      longestMs = 0;
      isWatching = true;
    },
    longest: () => {
      isWatching = false;
      return longestMs;
    },
  };
}

async function drain(run: ReturnType<typeof create>, until: number): Promise<void> {
  while (run.taken() < until) await nextTask();
}

/** The longest time in which no application message moved: a snapshot, against stopping the world to drain and persist. */
export async function pause(): Promise<void> {
  const run = create();
  await run.network.takeSnapshot();
  const ours: number[] = [];
  const stopped: number[] = [];
  let sent = 0;
  for (let round = 0; round < ROUNDS; round++) {
    run.fill();
    sent += QUEUED;
    run.watch();
    await Promise.all([run.network.takeSnapshot({ timeoutMs: 60_000 }), drain(run, sent)]);
    ours.push(run.longest());
    run.fill();
    sent += QUEUED;
    stopped.push(
      await timeMs(async () => {
        await drain(run, sent);
        for (const { actor } of Object.values(run.network.processes)) structuredClone(actor.getPersistedSnapshot());
      }),
    );
  }
  run.network.stop();
  print(
    ['', `longest standstill, ms; the shortest of ${ROUNDS}`],
    [
      ['a snapshot', Math.min(...ours).toFixed(2)],
      ['stop, drain, persist', Math.min(...stopped).toFixed(2)],
      ['ratio (goal ≤ 0.05)', (Math.min(...ours) / Math.min(...stopped)).toFixed(3)],
    ],
  );
}
