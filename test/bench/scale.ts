import { fromTransition } from 'xstate';
import { createNetwork, verifySnapshot, type ChannelPair } from 'xstate-panorama';
import { serializeSnapshotChunks } from 'xstate-panorama/file';
import { print, timeMs } from './measure.js';

const idle = fromTransition((state: number) => state, 0);
const OUT_DEGREE = 10;

const heapBytes = () => {
  globalThis.gc?.();
  return process.memoryUsage().heapUsed;
};

/** 100,000 processes with ten channels each, in one program; `--small` for a tenth of them. */
export async function scale(): Promise<void> {
  const size = process.argv.includes('--small') ? 10_000 : 100_000;
  const ids = Array.from({ length: size }, (_, index) => `p${index}`);
  const channels: ChannelPair[] = ids.flatMap((from, index) =>
    Array.from({ length: OUT_DEGREE }, (_, step): ChannelPair => [from, ids[(index + 7 ** step) % size]!]),
  );
  const before = heapBytes();
  const processes = Object.fromEntries(ids.map((id) => [id, idle]));
  const alone = createNetwork({ processes, channels: [] });
  const perProcess = (heapBytes() - before) / size;
  alone.stop();
  const base = heapBytes();
  const network = createNetwork({ processes, channels });
  network.start();
  const perChannel = (heapBytes() - base - perProcess * size) / channels.length;
  let snapshot!: Awaited<ReturnType<typeof network.takeSnapshot>>;
  const takingMs = await timeMs(async () => (snapshot = await network.takeSnapshot({ timeoutMs: Infinity })));
  let bytes = 0;
  const serializingMs = await timeMs(() => {
    for (const chunk of serializeSnapshotChunks(snapshot)) bytes += chunk.length;
  });
  print(
    ['processes', 'channels', 'heap/process', 'heap/channel', 'snapshot', 'file', 'serialized in', 'verdict'],
    [
      [
        String(size),
        String(channels.length),
        `${perProcess.toFixed(0)} B`,
        `${perChannel.toFixed(0)} B`,
        `${(takingMs / 1000).toFixed(1)} s`,
        `${(bytes / 2 ** 20).toFixed(0)} MiB`,
        `${(serializingMs / 1000).toFixed(1)} s`,
        verifySnapshot(snapshot).consistent ? 'consistent' : 'INCONSISTENT',
      ],
    ],
  );
  network.stop();
}
