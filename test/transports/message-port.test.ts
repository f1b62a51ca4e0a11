import { EventEmitter } from 'node:events';
import { MessageChannel, type MessagePort as Port } from 'node:worker_threads';
import { afterEach, describe, expect, it } from 'vitest';
import { createProcess, type LinkEvent } from '../../src/index.js';
import { transportContract } from '../../src/testing/contracts/index.js';
import { messagePort, type LocksLike, type PortLike } from '../../src/transports/message-port.js';
import { account, totalOf } from '../support/account.js';
import { createLocks } from '../support/locks.js';

const overNode = transportContract(() => {
  const { port1, port2 } = new MessageChannel();
  return {
    a: messagePort(port1),
    b: messagePort(port2),
    inject: (value) => port1.postMessage(value),
    close: () => port1.close(),
  };
});

// As it is in browsers: `addEventListener` and no `on`.
const overWeb = transportContract(() => {
  const { port1, port2 } = new globalThis.MessageChannel();
  const web = (port: MessagePort): PortLike => ({
    postMessage: (message) => port.postMessage(message),
    addEventListener: (type, listener) => port.addEventListener(type, listener as never),
    removeEventListener: (type, listener) => port.removeEventListener(type, listener as never),
  });
  port1.start();
  port2.start();
  return {
    a: messagePort(web(port1)),
    b: messagePort(web(port2)),
    inject: (value) => port1.postMessage(value),
    close: () => port1.close(),
  };
});

// As Electron has it: Node's `on`, and the web's events; nothing comes before `start`.
const overElectron = transportContract(() => {
  const { port1, port2 } = new MessageChannel();
  const electron = (port: Port): PortLike => {
    const emitter = new EventEmitter();
    return Object.assign(emitter, {
      postMessage: (message: unknown) => port.postMessage(message),
      start: () => port.on('message', (data: unknown) => emitter.emit('message', { data, ports: [] })),
    });
  };
  return {
    a: messagePort(electron(port1)),
    b: messagePort(electron(port2)),
    inject: (value) => port1.postMessage(value),
    close: () => port1.close(),
  };
});

describe('messagePort', () => {
  for (const { name, run } of overNode) it(name, run);
});

describe('messagePort, as the web has it', () => {
  for (const { name, run } of overWeb) it(name, run);
});

describe('messagePort, as Electron has it', () => {
  for (const { name, run } of overElectron) it(name, run);
});

describe('messagePort with locks', () => {
  const stops: (() => void)[] = [];
  afterEach(() => {
    for (const stop of stops.splice(0).reverse()) stop();
  });

  function start(id: string, peer: string, port: PortLike, locks: LocksLike) {
    const process = createProcess(account, {
      id,
      peers: { [peer]: messagePort(port, { locks }) },
      input: { balance: 100 },
      logger: () => undefined,
    });
    const told: LinkEvent[] = [];
    process.links$.subscribe((event) => told.push(event));
    process.start();
    stops.push(() => process.stop());
    return { process, told, types: () => told.map(({ type }) => type) };
  }

  /** A worker that can be terminated: nothing comes from it any more, and its port says nothing of that. */
  function startWorker({ openPage }: Pick<ReturnType<typeof createLocks>, 'openPage'>) {
    const { port1, port2 } = new MessageChannel();
    stops.push(() => port1.close());
    const { locks, die } = openPage();
    let isDead = false;
    const port: PortLike = {
      postMessage: (message) => isDead || port2.postMessage(message),
      addEventListener(type, listener) {
        if (type === 'message') port2.on('message', (data: unknown) => isDead || listener({ data }));
      },
      removeEventListener: () => undefined,
    };
    const outside: PortLike = {
      postMessage: (message) => port1.postMessage(message),
      on: (type, listener) => type === 'message' && port1.on(type, listener),
      off: (type, listener) => port1.off(type, listener),
    };
    const worker = start('worker', 'page', port, locks);
    const terminate = () => {
      isDead = true;
      die();
    };
    return { ...worker, port: outside, terminate };
  }

  it('tells of a worker that was terminated, and goes on with the one in its place', async () => {
    const locks = createLocks();
    const first = startWorker(locks);
    const { locks: own } = locks.openPage();
    const page = start('page', 'worker', first.port, own);
    expect(totalOf(await page.process.takeSnapshot())).toBe(200);
    first.terminate();
    await expect.poll(page.types).toEqual(['link.connected', 'link.gone']);
    expect(page.told[1]).toMatchObject({ peer: 'worker', reason: { message: expect.stringMatching(/its lock/) } });
    const second = startWorker(locks);
    page.process.replacePeer('worker', messagePort(second.port, { locks: own }));
    await expect.poll(page.types).toEqual(['link.connected', 'link.gone', 'link.connected']);
    page.process.send({ type: 'PAY', to: 'worker', amount: 7 });
    await expect.poll(() => second.process.actor.getSnapshot().context.balance).toBe(107);
    expect(totalOf(await page.process.takeSnapshot())).toBe(200);
    second.terminate();
    await expect.poll(() => page.types().filter((type) => type === 'link.gone')).toHaveLength(2);
  });

  it('takes an orderly stop for no death, and lets go of its locks', async () => {
    const locks = createLocks();
    const worker = startWorker(locks);
    const page = start('page', 'worker', worker.port, locks.openPage().locks);
    await page.process.takeSnapshot();
    expect(locks.held()).toHaveLength(2);
    worker.process.stop();
    worker.terminate();
    await expect.poll(page.types).toEqual(['link.connected', 'link.left']);
    await expect.poll(locks.held).toHaveLength(1);
    page.process.stop();
    await expect.poll(locks.held).toEqual([]);
    expect(page.types()).toEqual(['link.connected', 'link.left']);
  });

  it('takes locks of another origin, which it cannot see, for no sign of death', async () => {
    const worker = startWorker(createLocks());
    const page = start('page', 'worker', worker.port, createLocks().openPage().locks);
    await page.process.takeSnapshot();
    page.process.send({ type: 'PAY', to: 'worker', amount: 7 });
    await expect.poll(() => worker.process.actor.getSnapshot().context.balance).toBe(107);
    expect(page.types()).toEqual(['link.connected']);
  });

  it('goes on without where locks are refused', async () => {
    const refusing: LocksLike = {
      request: () => {
        throw new Error('SecurityError');
      },
    };
    const worker = startWorker(createLocks());
    const page = start('page', 'worker', worker.port, refusing);
    expect(totalOf(await page.process.takeSnapshot())).toBe(200);
  });
});
