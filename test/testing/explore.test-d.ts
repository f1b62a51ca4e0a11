/** Wrong use of `explore` does not compile; see `types.test-d.ts`. */
import { fromTransition } from 'xstate';
import { fullMesh } from '../../src/index.js';
import { explore } from '../../src/testing/index.js';
import { account } from '../support/account.js';

const counter = fromTransition((count: number, _event: { type: 'UP'; by: number }) => count + 1, 0);
const bank = {
  processes: { alice: { logic: account, input: { balance: 100 } }, bob: counter },
  channels: fullMesh(['alice', 'bob']),
};
void explore(bank, {
  traffic: [
    { to: 'alice', event: { type: 'PAY', to: 'bob', amount: 1 } },
    { to: 'bob', event: { type: 'UP', by: 1 } },
  ],
  properties: {
    always: { rich: ({ processes }) => processes.alice.snapshot.context.balance > processes.bob.snapshot.context },
    // @ts-expect-error no such process
    sometimes: { carol: ({ processes }) => processes.carol !== undefined },
    // @ts-expect-error a number is no boolean
    eventually: { balance: ({ processes }) => processes.alice.snapshot.context.balance },
  },
});
// @ts-expect-error no such process
void explore(bank, { traffic: [{ to: 'carol', event: { type: 'UP', by: 1 } }] });
// @ts-expect-error an event of another process
void explore(bank, { traffic: [{ to: 'alice', event: { type: 'UP', by: 1 } }] });
void explore(bank, {
  traffic: ({ processes }) =>
    processes.alice.snapshot.context.balance > 0 ? [{ to: 'bob' as const, event: { type: 'UP' as const, by: 1 } }] : [],
});
// @ts-expect-error a wrong input
void explore({ processes: { a: { logic: account, input: { balance: '1' } } }, channels: [] });
