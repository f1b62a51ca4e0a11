import { createActor } from 'xstate';
import { fullMesh } from 'xstate-panorama';
import { explore } from 'xstate-panorama/testing';
import { parseConfig } from '../../src/network/options.js';
import { createCell } from '../../src/testing/cell.js';
import { account } from '../support/account.js';
import { holder, passing, tokenRing } from '../support/systems.js';
import { median, print } from './measure.js';

const IDS = ['a', 'b', 'c', 'd'] as const;

/** CPU microseconds that something takes: other programs on the machine do not count. */
async function cpuUs(run: () => unknown): Promise<number> {
  const start = process.cpuUsage();
  await run();
  const { user, system } = process.cpuUsage(start);
  return user + system;
}

/** One event of a bare XState actor, in CPU microseconds. */
function bareTransitionUs(): Promise<number> {
  const actor = createActor(holder, { input: { tokens: 0, next: 'b' } }).start();
  const times = 20_000;
  return cpuUs(() => {
    for (let n = 0; n < times; n++) actor.send({ type: 'TOKEN' });
  }).then((us) => us / times);
}

/** One step of a process alone, put into a state and recorded again. */
function cellStepUs(): Promise<number> {
  const cell = createCell(parseConfig(tokenRing(IDS)), 'a');
  const { state } = cell.start();
  const times = 2000;
  return cpuUs(() => {
    for (let n = 0; n < times; n++) cell.step(state, { type: 'event', event: { type: 'TOKEN' } });
  }).then((us) => us / times);
}

/** States/s on rings of four with more and more tokens, and what a step costs against one of a bare actor. */
async function speed(): Promise<void> {
  const rows: string[][] = [];
  await exploreRing(4, true); // warm
  const bare = median([await bareTransitionUs(), await bareTransitionUs(), await bareTransitionUs()]);
  const cell = median([await cellStepUs(), await cellStepUs(), await cellStepUs()]);
  for (const isJudged of [false, true]) {
    for (const tokens of [1, 4, 8, 12, 16]) {
      let result!: Awaited<ReturnType<typeof exploreRing>>;
      const us = await cpuUs(async () => (result = await exploreRing(tokens, isJudged)));
      rows.push([
        `${tokens} token(s)${isJudged ? ', a property that reads all' : ''}`,
        result.states.toLocaleString('en-US'),
        result.edges.toLocaleString('en-US'),
        ((result.states / us) * 1e6).toFixed(0),
        (us / result.edges).toFixed(2),
        (us / result.edges / bare).toFixed(1),
      ]);
    }
  }
  print(['ring of four', 'states', 'steps', 'states/s (goal ≥ 10,000)', 'µs/step', '÷ bare (goal ≤ 10)'], rows);
  print(
    ['one event', 'µs', '÷ bare'],
    [
      ['bare XState actor', bare.toFixed(2), '1'],
      ['a process put into a state, and recorded after it', cell.toFixed(1), (cell / bare).toFixed(1)],
    ],
  );
}

function exploreRing(tokens: number, isJudged: boolean) {
  return explore(tokenRing(IDS, tokens), {
    traffic: passing(IDS),
    properties: isJudged
      ? {
          always: {
            'as many tokens as ever': ({ processes, stats }) => {
              const held = Object.values(processes).reduce((sum, { snapshot }) => sum + snapshot.context.tokens, 0);
              return held + stats.messages === tokens;
            },
          },
        }
      : {},
  });
}

/** Banks in which everybody pays everybody, with partial-order reduction and without. */
async function reduced(): Promise<void> {
  const rows: string[][] = [];
  for (const [size, payments] of [
    [2, 3],
    [3, 1],
    [3, 2],
    [4, 1],
  ] as const) {
    // prettier-ignore
    const ids = IDS.slice(0, size);
    const config = {
      processes: Object.fromEntries(ids.map((id) => [id, { logic: account, input: { balance: 100 } }])),
      channels: fullMesh(ids),
    };
    const round = ids.flatMap((to) =>
      ids.filter((id) => id !== to).map((payee) => ({ to, event: { type: 'PAY' as const, to: payee, amount: 1 } })),
    );
    const traffic = Array.from({ length: payments }, () => round).flat();
    const [full, fewer] = await Promise.all(
      (['none', 'partial-order'] as const).map((reduction) => explore(config, { traffic, reduction })),
    );
    rows.push([
      `${size} accounts, ${traffic.length} payments`,
      full!.states.toLocaleString('en-US'),
      fewer!.states.toLocaleString('en-US'),
      (full!.states / fewer!.states).toFixed(1),
      `${full!.elapsedMs.toFixed(0)} ms`,
      `${fewer!.elapsedMs.toFixed(0)} ms`,
    ]);
  }
  print(['bank', 'states', 'reduced to', 'ratio', 'time', 'time reduced'], rows);
}

/** What exploring costs and how it grows. */
export async function exploration(): Promise<void> {
  await speed();
  await reduced();
}
