// Saves one big snapshot after the other until it is killed; prints a line for each that is down. Runs on the built package.
import { createFileStore } from 'xstate-panorama/checkpoint/file-store';

const store = createFileStore({ directory: process.argv[2] });
const context = { padding: 'x'.repeat(2_000_000) };
for (let n = 0; ; n++) {
  const state = { snapshot: { status: 'active', context }, timers: [], sent: {}, received: {} };
  const stats = { markers: 0, messages: 0 };
  await store.save({
    version: 1,
    id: `snapshot-${n}`,
    initiators: ['p'],
    processes: { p: state },
    channels: {},
    stats,
  });
  console.log(n);
}
