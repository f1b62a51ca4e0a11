/** A peer that is gone without a word. */
import { SimulatedClock } from 'xstate';
import { afterEach, describe, expect, it } from 'vitest';
import { createProcess, type LinkEvent, type Transport } from '../../src/index.js';
import { account } from '../support/account.js';
import { createPipe } from '../support/pipe.js';

const running: { stop(): void }[] = [];
afterEach(() => {
  for (const process of running.splice(0)) process.stop();
});

function pair() {
  let isDead = false;
  const { ends } = createPipe({ lose: 1 }, () => (isDead ? 0 : 1));
  const clock = new SimulatedClock();
  const told: LinkEvent['type'][] = [];
  let drain = () => undefined as void;
  const transport: Transport = {
    ...ends[0],
    open(receiver, own) {
      drain = () => receiver.drained();
      return ends[0].open(receiver, own);
    },
  };
  const a = createProcess(account, {
    id: 'a',
    clock,
    peers: { b: { transport, silenceMs: 300 } },
    input: { balance: 0 },
  });
  a.links$.subscribe(({ type }) => told.push(type));
  const b = createProcess(account, { id: 'b', peers: { a: ends[1] }, input: { balance: 0 } });
  running.push(a.start(), b.start());
  return {
    told,
    die: () => void (isDead = true),
    drain: () => drain(),
    async pass(ms: number) {
      clock.increment(ms);
      for (let n = 0; n < 10; n++) await new Promise(setImmediate);
    },
  };
}

describe('a heartbeat', () => {
  it('tells of a peer that does not answer for so long, and of none that does', async () => {
    const { told, die, pass } = pair();
    await expect.poll(() => told).toEqual(['link.connected']);
    for (let n = 0; n < 20; n++) await pass(100);
    expect(told).toEqual(['link.connected']);
    die();
    for (let n = 0; n < 3; n++) await pass(100);
    expect(told).toEqual(['link.connected']);
    await pass(100);
    expect(told).toEqual(['link.connected', 'link.silent', 'link.gone']);
  });

  it('takes no peer for dead while what waits for it goes out', async () => {
    const { told, die, drain, pass } = pair();
    await expect.poll(() => told).toEqual(['link.connected']);
    die();
    for (let n = 0; n < 10; n++) {
      await pass(100);
      drain();
    }
    expect(told).toEqual(['link.connected']);
    for (let n = 0; n < 4; n++) await pass(100);
    expect(told).toContain('link.silent');
  });

  it('takes nobody for dead when it was asleep itself', async () => {
    const { told, pass } = pair();
    await expect.poll(() => told).toEqual(['link.connected']);
    await pass(1_000_000);
    await pass(100);
    expect(told).toEqual(['link.connected']);
  });

  it('takes a number of milliseconds', () => {
    const { ends } = createPipe();
    const peers = { b: { transport: ends[0], silenceMs: 0 } };
    expect(() => createProcess(account, { id: 'a', peers, input: { balance: 0 } })).toThrow(/`silenceMs`.*> 0.*got 0/);
  });
});
