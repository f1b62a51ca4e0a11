import { afterEach, describe, expect, it } from 'vitest';
import { createProcess, verifySnapshot } from '../../src/index.js';
import { broadcastChannel } from '../../src/transports/broadcast-channel.js';
import { account, totalOf } from '../support/account.js';
import { describeTransport, here } from './contract.js';

let count = 0;

describeTransport('broadcastChannel', () => {
  const name = `contract ${count++}`;
  const [a, b] = [new BroadcastChannel(name), new BroadcastChannel(name)];
  return {
    a: here(broadcastChannel(a)),
    b: here(broadcastChannel(b)),
    inject: (frame) => a.postMessage({ panoramaFrom: 'a', panoramaTo: 'b', frame }),
    close: () => [a, b].forEach((channel) => channel.close()),
  };
});

describe('broadcastChannel', () => {
  const stops: (() => void)[] = [];
  afterEach(() => {
    for (const stop of stops.splice(0).reverse()) stop();
  });

  it('joins any number of tabs over one channel each, and leaves what is not theirs alone', async () => {
    const name = `tabs ${count++}`;
    const ids = ['a', 'b', 'c'];
    const tabs = ids.map((id) => {
      const channel = new BroadcastChannel(name);
      const others = ids.filter((other) => other !== id);
      const peers = Object.fromEntries(others.map((other) => [other, broadcastChannel(channel)]));
      const tab = createProcess(account, { id, peers, input: { balance: 100 } }).start();
      stops.push(() => channel.close());
      stops.push(() => tab.stop());
      channel.postMessage('something of the application’s own');
      return tab;
    });
    for (const tab of tabs) for (const to of ids) if (to !== tab.id) tab.send({ type: 'PAY', to, amount: 1 });
    const snapshot = await tabs[0]!.takeSnapshot();
    expect(verifySnapshot(snapshot)).toEqual({ consistent: true });
    expect(snapshot.stats.markers).toBe(6);
    expect(totalOf(snapshot)).toBe(300);
  });

  it('says hello again to one that comes from the back/forward cache, and sends what it missed', async () => {
    const page = new EventTarget();
    const name = `cache ${count++}`;
    const channels = [new BroadcastChannel(name), new BroadcastChannel(name)] as const;
    let isFrozen = false;
    const freezable = {
      postMessage: (message: unknown) => channels[1].postMessage(message),
      addEventListener: (type: string, listener: (event: { data?: unknown }) => void) =>
        channels[1].addEventListener(type, (event) => {
          if (!isFrozen) listener(event as MessageEvent);
        }),
      removeEventListener: () => undefined,
    };
    const a = createProcess(account, { id: 'a', peers: { b: broadcastChannel(channels[0]) }, input: { balance: 100 } });
    const b = createProcess(account, { id: 'b', peers: { a: broadcastChannel(freezable) }, input: { balance: 100 } });
    a.start();
    // Of the two, b alone is on this page.
    const { addEventListener, removeEventListener } = globalThis;
    Object.assign(globalThis, {
      addEventListener: page.addEventListener.bind(page),
      removeEventListener: page.removeEventListener.bind(page),
    });
    b.start();
    Object.assign(globalThis, { addEventListener, removeEventListener });
    for (const process of [a, b]) stops.push(() => process.stop());
    stops.push(() => channels.forEach((channel) => channel.close()));
    await a.takeSnapshot();
    isFrozen = true;
    for (let n = 0; n < 3; n++) a.send({ type: 'PAY', to: 'b', amount: 1 });
    await new Promise((resolve) => setTimeout(resolve, 30));
    isFrozen = false;
    page.dispatchEvent(Object.assign(new Event('pageshow'), { persisted: true }));
    await expect.poll(() => b.actor.getSnapshot().context.balance).toBe(103);
    expect(totalOf(await b.takeSnapshot())).toBe(200);
  });
});
