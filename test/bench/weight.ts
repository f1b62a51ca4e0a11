import { gzipSync } from 'node:zlib';
import { build } from 'esbuild';
import { createActor, createMachine, fromTransition, type AnyActorLogic } from 'xstate';
import { createNetwork } from 'xstate-panorama';
import { heapBytes, print } from './measure.js';
import { sparseChannels } from './topologies.js';

const PROCESSES = 20_000;
const CHANNELS_EACH = 10;
const ids = Array.from({ length: PROCESSES }, (_, index) => `p${index}`);
const channels = sparseChannels(ids, CHANNELS_EACH);

const logics: Record<string, AnyActorLogic> = {
  'a transition function': fromTransition((state: number) => state, 0),
  'a small machine': createMachine({ initial: 'a', states: { a: { on: { X: 'b' } }, b: { on: { X: 'a' } } } }),
};

/** Bytes of heap that something keeps for each of so many. */
async function bytesEach(count: number, create: () => unknown): Promise<[bytes: number, kept: unknown]> {
  const before = heapBytes();
  const kept = await create();
  return [(heapBytes() - before) / count, kept];
}

async function heapOf(name: string, logic: AnyActorLogic): Promise<string[]> {
  const network = (pairs: typeof channels) => {
    const made = createNetwork({ processes: Object.fromEntries(ids.map((id) => [id, logic])), channels: pairs });
    return made.start();
  };
  const [bare, actors] = await bytesEach(PROCESSES, () => ids.map((id) => createActor(logic, { id }).start()));
  const [process, alone] = await bytesEach(PROCESSES, () => network([]));
  const [joined, connected] = await bytesEach(channels.length, () => network(channels));
  const channel = joined - process / CHANNELS_EACH;
  const [left] = await bytesEach(channels.length, async () => {
    await (connected as ReturnType<typeof network>).takeSnapshot({ timeoutMs: Infinity });
  });
  for (const made of [alone, connected]) (made as ReturnType<typeof network>).stop();
  return [
    name,
    `${bare.toFixed(0)} B`,
    `${process.toFixed(0)} B`,
    (process / bare).toFixed(2),
    `${channel.toFixed(0)} B`,
    `${(channel + left).toFixed(0)} B`,
    String((actors as unknown[]).length),
  ];
}

/** What a bundle weighs that imports this, minified and compressed; without the peers, as `size-limit` counts. */
async function bundleKb(names: string, from: string, external: string[]): Promise<string> {
  const contents = `import ${names} from '${from}'; console.log(${names})`;
  const { outputFiles } = await build({
    stdin: { contents, resolveDir: import.meta.dirname },
    bundle: true,
    minify: true,
    format: 'esm',
    external,
    write: false,
  });
  return (gzipSync(outputFiles[0]!.contents).length / 1000).toFixed(2);
}

/** What an idle channel and a process weigh in memory, beside a bare actor; and what one downloads. */
export async function weight(): Promise<void> {
  const rows: string[][] = [];
  for (const [name, logic] of Object.entries(logics)) rows.push(await heapOf(name, logic));
  print(
    [
      'heap',
      'bare actor',
      'process',
      'ratio (goal ≤ 1.3)',
      'idle channel (goal ≤ 800 B)',
      '… after a snapshot',
      'processes',
    ],
    rows,
  );
  const peers = ['xstate', 'rxjs'];
  print(
    ['bundle, minified and gzipped', 'kB', 'goal'],
    [
      ['{ createNetwork }', await bundleKb('{ createNetwork }', 'xstate-panorama', peers), '≤ 12'],
      ['{ createProcess }', await bundleKb('{ createProcess }', 'xstate-panorama', peers), '≤ 20'],
      ['{ createActor, setup } of xstate', await bundleKb('{ createActor, setup }', 'xstate', []), 'to compare with'],
    ],
  );
}
