import { fromTransition } from 'xstate';
import { createNetwork, fullMesh, verifySnapshot, type ChannelPair, type GlobalSnapshot } from 'xstate-panorama';
import { serializeSnapshotChunks } from 'xstate-panorama/file';
import { print, timeMs } from './measure.js';
import { sparseChannels } from './topologies.js';

const idle = fromTransition((state: number) => state, 0);
const OUT_DEGREE = 10;
const MESH = 300;

const idsOf = (size: number) => Array.from({ length: size }, (_, index) => `p${index}`);

/** The shortest of several snapshots, in milliseconds: other programs on the machine only ever make one longer. */
async function shortestMs(ids: readonly string[], channels: readonly ChannelPair[], rounds: number) {
  const network = createNetwork({ processes: Object.fromEntries(ids.map((id) => [id, idle])), channels });
  network.start();
  const initiators = [ids[0]!];
  let snapshot!: GlobalSnapshot;
  let shortest = Infinity;
  for (let round = 0; round < rounds; round++) {
    const ms = await timeMs(async () => (snapshot = await network.takeSnapshot({ initiators, timeoutMs: Infinity })));
    shortest = Math.min(shortest, ms);
  }
  network.stop();
  return { ms: shortest, usPerChannel: (shortest * 1000) / channels.length, snapshot };
}

/** 100,000 processes with ten channels each, in one program, beside a full mesh of 300; `--small` for a tenth of them. */
export async function scale(): Promise<void> {
  const size = process.argv.includes('--small') ? 10_000 : 100_000;
  const ids = idsOf(size);
  const mesh = await shortestMs(idsOf(MESH), fullMesh(idsOf(MESH)), 10);
  const { ms, usPerChannel, snapshot } = await shortestMs(ids, sparseChannels(ids, OUT_DEGREE), 3);
  let bytes = 0;
  const serializingMs = await timeMs(() => {
    for (const chunk of serializeSnapshotChunks(snapshot)) bytes += chunk.length;
  });
  print(
    [
      'processes',
      'channels',
      'snapshot (goal ≤ 10 s)',
      'µs/channel',
      `mesh of ${MESH}, µs/channel`,
      'ratio (goal ≤ 2)',
      'file',
      'serialized in',
      'verdict',
    ],
    [
      [
        String(size),
        String(size * OUT_DEGREE),
        `${(ms / 1000).toFixed(1)} s`,
        usPerChannel.toFixed(1),
        mesh.usPerChannel.toFixed(1),
        (usPerChannel / mesh.usPerChannel).toFixed(1),
        `${(bytes / 2 ** 20).toFixed(0)} MiB`,
        `${(serializingMs / 1000).toFixed(1)} s`,
        verifySnapshot(snapshot).consistent ? 'consistent' : 'INCONSISTENT',
      ],
    ],
  );
}
