import { setFlagsFromString } from 'node:v8';
import { runInNewContext } from 'node:vm';
import { describe, expect, it } from 'vitest';
import { createManualSchedule, fullMesh, type GlobalSnapshot } from '../../src/index.js';
import { createNetworkOf } from '../../src/network/network.js';
import { Process } from '../../src/process/process.js';
import type { LocalSnapshot } from '../../src/snapshot/local-snapshot.js';
import { account } from '../support/account.js';
import { deliverAll } from '../support/network.js';

setFlagsFromString('--expose-gc');
const collectGarbage = runInNewContext('gc') as () => void;

// docs/traps.md#limits-and-faults
describe('a snapshot that has ended leaves nothing behind', () => {
  it.each(['aborted', 'complete'] as const)('%s', async (ending) => {
    const recorded: WeakRef<object>[] = [];
    class WatchedProcess extends Process {
      override startRecording(position: number, local: LocalSnapshot): void {
        recorded.push(new WeakRef(local), new WeakRef(local.snapshot));
        super.startRecording(position, local);
      }
    }
    const ids = ['a', 'b', 'c'];
    const schedule = createManualSchedule();
    const processes = Object.fromEntries(ids.map((id) => [id, { logic: account, input: { balance: 100 } }]));
    const network = createNetworkOf({ Process: WatchedProcess }, { processes, channels: fullMesh(ids) }, { schedule });
    network.start();
    const round = async () => {
      network.send('b', { type: 'PAY', to: 'a', amount: 1 } as never);
      const controller = new AbortController();
      const taking: Promise<GlobalSnapshot | undefined> = network
        .takeSnapshot({ initiators: ['a'], signal: controller.signal })
        .catch(() => undefined);
      schedule.deliver('b->a');
      if (ending === 'aborted') controller.abort();
      deliverAll(schedule);
      const taken = await taking;
      expect(taken === undefined).toBe(ending === 'aborted');
      if (taken !== undefined) recorded.push(new WeakRef(taken.channels['b->a']!.messages));
    };
    for (let n = 0; n < 5; n++) await round();
    await new Promise((resolve) => setImmediate(resolve));
    collectGarbage();
    expect(recorded.length).toBeGreaterThanOrEqual(20);
    expect(recorded.filter((ref) => ref.deref() !== undefined)).toEqual([]);
    network.stop();
  });
});
