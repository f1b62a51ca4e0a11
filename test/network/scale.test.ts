/** What must hold of large networks too; apart, as it takes its time. */
import { sendTo, setup } from 'xstate';
import { describe, expect, it } from 'vitest';
import { createNetwork, ring, verifySnapshot } from '../../src/index.js';

// docs/traps.md#synchronous-delivery
describe('synchronous delivery', () => {
  it('a ring of 10,000 does not overflow the stack', async () => {
    const ids = Array.from({ length: 10_000 }, (_, index) => `p${index}`);
    const hop = (next: string) =>
      setup({}).createMachine({
        on: { TOKEN: { actions: sendTo(({ system }) => system.get(next), { type: 'TOKEN' }) } },
      });
    const processes = Object.fromEntries(ids.map((id, index) => [id, hop(ids[index + 1] ?? ids[0]!)]));
    const network = createNetwork({ processes, channels: ring(ids) });
    network.start();
    network.send('p0', { type: 'TOKEN' });
    const snapshot = await network.takeSnapshot();
    network.stop();
    expect(snapshot.stats.markers).toBe(10_000);
    expect(verifySnapshot(snapshot)).toEqual({ consistent: true });
  });
});
