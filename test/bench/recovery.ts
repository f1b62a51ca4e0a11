import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { filter, firstValueFrom } from 'rxjs';
import { fromTransition, sendTo, setup } from 'xstate';
import { createNetwork, fullMesh, type Network } from 'xstate-panorama';
import { checkpoint, createMemoryStore } from 'xstate-panorama/checkpoint';
import { createFileStore } from 'xstate-panorama/checkpoint/file-store';
import { supervise } from 'xstate-panorama/recovery';
import { median, print } from './measure.js';

const PROCESSES = 8;
const WINDOW_MS = 4000;
const PAIRS = 5;

/** Milliseconds from a crash until everything goes on, by the size of the state of each of four processes. */
async function recoveryMs(bytes: number): Promise<number> {
  const holder = fromTransition((state: { text: string }, _event: { type: 'NOTHING' }) => state, {
    text: 'x'.repeat(bytes),
  });
  const ids = ['a', 'b', 'c', 'd'];
  const processes = Object.fromEntries(ids.map((id) => [id, holder]));
  const network = createNetwork({ processes, channels: fullMesh(ids) });
  network.start();
  const recovery = supervise(network, { store: createMemoryStore(), everyMs: 1_000_000, tolerateCrashes: Infinity });
  await firstValueFrom(recovery.events$.pipe(filter(({ type }) => type === 'checkpoint.saved')));
  const took: number[] = [];
  for (let round = 0; round < 15; round++) {
    const begun = performance.now();
    const completed = firstValueFrom(recovery.events$.pipe(filter(({ type }) => type === 'recovery.completed')));
    recovery.rollBack('bench');
    await completed;
    took.push(performance.now() - begun);
  }
  await recovery.stop();
  network.stop();
  return median(took);
}

/** Everybody passes what comes in on to the next. */
const passer = setup({ types: { context: {} as { next: string }, input: {} as { next: string } } }).createMachine({
  context: ({ input }) => input,
  on: { TOKEN: { actions: sendTo(({ system, context }) => system.get(context.next), { type: 'TOKEN' }) } },
});

function startRing(): { readonly network: Network; count(): number } {
  const ids = Array.from({ length: PROCESSES }, (_, index) => `p${index}`);
  const next = (index: number) => ids[(index + 1) % PROCESSES]!;
  const processes = Object.fromEntries(ids.map((id, index) => [id, { logic: passer, input: { next: next(index) } }]));
  const network = createNetwork({ processes, channels: fullMesh(ids) });
  network.start();
  let passed = 0;
  network.processes.p0!.subscribe(() => passed++);
  for (const id of ids) for (let n = 0; n < 8; n++) network.send(id, { type: 'TOKEN' } as never);
  return { network: network as unknown as Network, count: () => passed };
}

/** Messages a second at one process, in a window of time. */
async function throughput(checkpointed: boolean): Promise<number> {
  const { network, count } = startRing();
  const directory = mkdtempSync(join(tmpdir(), 'panorama-bench-'));
  const running = checkpointed
    ? checkpoint(network, { store: createFileStore({ directory }), everyMs: 1000 })
    : undefined;
  await new Promise((resolve) => setTimeout(resolve, 300));
  const before = count();
  const begun = performance.now();
  await new Promise((resolve) => setTimeout(resolve, WINDOW_MS));
  const rate = (count() - before) / ((performance.now() - begun) / 1000);
  await running?.stop();
  network.stop();
  rmSync(directory, { recursive: true, force: true });
  return rate;
}

/** From crash to running again; and what checkpoints cost in throughput, in pairs, the median of the ratios. */
export async function recovery(): Promise<void> {
  const rows: string[][] = [];
  for (const bytes of [1000, 100_000, 1_000_000, 10_000_000]) {
    rows.push([bytes.toLocaleString('en-US'), (await recoveryMs(bytes)).toFixed(2)]);
  }
  print(['state of each of four processes, bytes', 'from crash to running again, ms'], rows);
  const ratios: number[] = [];
  for (let pair = 0; pair < PAIRS; pair++) {
    const [plain, checkpointed] =
      pair % 2 === 0
        ? [await throughput(false), await throughput(true)]
        : [await throughput(true), await throughput(false)].reverse();
    ratios.push(checkpointed! / plain!);
  }
  print(
    ['throughput with a checkpoint a second, to files', 'goal'],
    [[`${median(ratios).toFixed(3)} of that without`, '≥ 0.95']],
  );
}
