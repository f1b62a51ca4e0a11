/**
 * `npm run soak`: random everything for a bounded time, heap and all; Ctrl-C ends it after the round.
 *
 * `-- --deployments 100000` simulates so many runs of whole deployments instead.
 * `-- --minutes 10` for how long, `-- --seed 7 --rounds 1` replays a round, `-- --store FILE` writes a snapshot to be kept
 * in test/fixtures for later versions to read.
 *
 * `-- --faults 1000` does so many faults to towns of real programs instead, and says which: some 20 minutes. `--seed` repeats
 * what is done, though not what comes of it to the millisecond.
 */
import { writeFileSync } from 'node:fs';
import { clearLine, cursorTo } from 'node:readline';
import { parseArgs } from 'node:util';
import { soakDeployments } from './deployments.js';
import { readFixtures } from './fixtures.js';
import { createHeapWatch } from './heap-watch.js';
import { createStoredSnapshot, createTally, soakRound } from './round.js';
import { besetTowns } from './programs.js';
import { createTownTally, soakTown } from './town.js';

const ROUNDS_PER_SAMPLE = 20;
/** Simulated deployments of a round. */
const DEPLOYMENTS = 50;

const { values } = parseArgs({
  options: {
    minutes: { type: 'string', default: '1' },
    seed: { type: 'string', default: String(Date.now() % 1e9) },
    rounds: { type: 'string', default: 'Infinity' },
    deployments: { type: 'string' },
    store: { type: 'string' },
    faults: { type: 'string' },
  },
});
const minutes = Number(values.minutes);
const firstSeed = Number(values.seed);
const rounds = Number(values.rounds);
const faults = Number(values.faults ?? 1);
if (!(minutes > 0) || !Number.isSafeInteger(firstSeed) || !(rounds > 0) || !(faults > 0)) {
  console.error('Expected --minutes, --rounds and --faults to be numbers > 0 and --seed an integer.');
  process.exit(2);
}
if (values.store !== undefined) {
  writeFileSync(values.store, await createStoredSnapshot(firstSeed));
  process.exit();
}
if (values.faults !== undefined) {
  await besetTowns(firstSeed, faults);
  process.exit();
}

let isInterrupted = false;
process.on('SIGINT', () => {
  if (isInterrupted) process.exit(130);
  isInterrupted = true;
});

if (values.deployments !== undefined) await simulateDeployments(Number(values.deployments));

const fixtures = [...readFixtures().values()];
const tally = { ...createTally(), ...createTownTally() };
const heap = createHeapWatch();
const endsAt = performance.now() + minutes * 60_000;
console.log(`seeds from ${firstSeed}, ${minutes} minute(s), ${fixtures.length} stored snapshot(s)`);

let round = 0;
for (; round < rounds && performance.now() < endsAt && !isInterrupted; round++) {
  const seed = firstSeed + round;
  try {
    await soakRound(seed, fixtures, tally);
    await soakTown(seed, tally);
  } catch (error) {
    console.error(`\nRound ${round} failed; repeat it with: npm run soak -- --seed ${seed} --rounds 1`);
    console.error(error);
    process.exit(1);
  }
  if (round % ROUNDS_PER_SAMPLE > 0) continue;
  const used = heap.sample();
  if (process.stdout.isTTY) {
    clearLine(process.stdout, 0);
    cursorTo(process.stdout, 0);
    process.stdout.write(
      `round ${round}, ${tally.snapshots + tally.townSnapshots} snapshots, heap ${megabytes(used)} (Ctrl-C ends)`,
    );
  }
  // Signals and timers get their turn: a round is all microtasks.
  await new Promise((resolve) => setImmediate(resolve));
}

console.log(
  `${process.stdout.isTTY ? '\n' : ''}${round} rounds, seeds ${firstSeed} to ${firstSeed + round - 1}: all is well`,
);
for (const [what, count] of Object.entries(tally)) console.log(`  ${what}: ${count}`);
console.log(`  heap: ${megabytes(heap.sample())}, grown by ${megabytes(heap.growthBytes)} since it was warm`);
if (!heap.isFlat) {
  console.error('The heap has grown: something is left behind.');
  process.exitCode = 1;
}
if (isInterrupted) process.exitCode = 130;

/** Simulates so many runs of deployments, and ends. */
async function simulateDeployments(runs: number): Promise<never> {
  const watch = createHeapWatch();
  const counts = new Map<string, number>();
  let done = 0;
  for (; done < runs && !isInterrupted; done += DEPLOYMENTS) {
    try {
      const report = await soakDeployments(done / DEPLOYMENTS, firstSeed + done, Math.min(DEPLOYMENTS, runs - done));
      const { steps, events, rollbacks, faults } = report;
      for (const [what, count] of Object.entries({ steps, events, rollbacks, ...faults })) {
        counts.set(what, (counts.get(what) ?? 0) + count);
      }
    } catch (error) {
      console.error(`Deployments from seed ${firstSeed + done} on failed.`);
      console.error(error);
      process.exit(1);
    }
    watch.sample();
  }
  console.log(`${Math.min(done, runs)} simulated deployments, seeds from ${firstSeed}: all is well`);
  for (const [what, count] of counts) console.log(`  ${what}: ${count}`);
  console.log(`  heap: grown by ${megabytes(watch.growthBytes)} since it was warm`);
  process.exit(watch.isFlat ? (isInterrupted ? 130 : 0) : 1);
}

function megabytes(bytes: number): string {
  return `${(bytes / 2 ** 20).toFixed(1)} MiB`;
}
