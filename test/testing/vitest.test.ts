import '../../src/testing/vitest/index.js';
import { describe, expect, it } from 'vitest';
import { createManualSchedule, createNetwork, fullMesh, type GlobalSnapshot } from '../../src/index.js';
import { account, totalOf } from '../support/account.js';

const config = {
  processes: { ann: { logic: account, input: { balance: 10 } }, bob: { logic: account, input: { balance: 20 } } },
  channels: fullMesh(['ann', 'bob']),
};
const traffic = [
  { to: 'ann', event: { type: 'PAY', to: 'bob', amount: 3 } },
  { to: 'bob', event: { type: 'PAY', to: 'ann', amount: 5 } },
] as const;
const options = { seed: 1, runs: 40, traffic };

const messageOf = async (run: () => unknown): Promise<string> => {
  try {
    await run();
  } catch (error) {
    return (error as Error).message;
  }
  throw new Error('Expected an assertion that fails, got one that holds.');
};

describe('expect(snapshot).toBeConsistent()', () => {
  it('holds of a consistent cut, and names what is wrong with another', async () => {
    const network = createNetwork(config);
    network.start();
    const snapshot = await network.takeSnapshot();
    network.stop();
    expect(snapshot).toBeConsistent();
    const broken = structuredClone(snapshot) as GlobalSnapshot;
    Object.assign(broken.processes.ann!.sent['ann->bob']!, { count: 2 });
    expect(broken).not.toBeConsistent();
    expect(await messageOf(() => expect(broken).toBeConsistent())).toMatch(
      /got a global snapshot with 1 violation\(s\):\n {2}On channel "ann->bob" message\(s\) 1, 2 are neither received nor in flight/,
    );
    expect(await messageOf(() => expect({}).toBeConsistent())).toMatch(/Expected a snapshot with processes/);
    expect(await messageOf(() => expect(snapshot).not.toBeConsistent())).toMatch(/no consistent cut, got one that is/);
  });
});

describe('expect(config).toAlways(property)', () => {
  it('holds when no run contradicts it', async () => {
    await expect(config).toAlways((state) => totalOf(state) === 30, options);
  });

  it('else tells the story of a small run that does, and how to repeat it', async () => {
    const message = await messageOf(() =>
      expect(config).toAlways(function bobIsNeverRich({ processes }) {
        return processes.bob.snapshot.context.balance < 23;
      }, options),
    );
    expect(message).toMatch(/always "bobIsNeverRich" does not hold/);
    expect(message).toMatch(/Replay: expect\(config\)\.toAlways\(property, \{ seed: \d+, runs: 1, .*traffic \}\)/);
    expect(message).not.toContain('simulate(');
    expect(message).toMatch(/bob receives #1 MONEY \{"amount":3\} from ann/);
  });

  it('can be expected not to', async () => {
    await expect(config).not.toAlways(({ processes }) => processes.ann.snapshot.context.balance === 10, options);
    const holds = () => expect(config).not.toAlways(() => true, { ...options, runs: 2 });
    expect(await messageOf(holds)).toMatch(/a run in which ".*" does not hold, got none/);
  });

  it('goes on from where a running network is', async () => {
    const network = createNetwork(config, { schedule: createManualSchedule() });
    network.start();
    network.send('ann', { type: 'PAY', to: 'bob', amount: 10 });
    await expect(network).toAlways(({ processes }) => processes.ann.snapshot.context.balance === 0, { runs: 5 });
    await expect(network).toSometimes(({ processes }) => processes.bob.snapshot.context.balance === 30, { runs: 5 });
    await expect(network).not.toSometimes(({ processes }) => processes.bob.snapshot.context.balance === 31, {
      runs: 5,
    });
    network.stop();
  });

  it('is no verdict on a property when something else goes wrong', async () => {
    const broken = { processes: { odd: account }, channels: [] };
    await expect(expect(broken).not.toAlways(() => true, { runs: 2 })).rejects.toThrow();
    await expect(expect(5).toAlways(() => true)).rejects.toThrow(/a network, or the config of one, .* got 5/);
  });
});

describe('expect(config).toSometimes(property)', () => {
  it('holds when some run shows it', async () => {
    await expect(config).toSometimes(({ stats }) => stats.messages > 0, options);
    const message = await messageOf(() => expect(config).toSometimes(({ stats }) => stats.messages === 9, options));
    expect(message).toMatch(/holds of no state in 40 run\(s\)/);
  });
});
