/** Ports that carry JSON alone: between the parts of an extension, and between Node's processes. */
import { fork, type ChildProcess } from 'node:child_process';
import { EventEmitter } from 'node:events';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { buildSync } from 'esbuild';
import { afterAll, afterEach, describe, expect, it } from 'vitest';
import { assign, sendTo, setup, type AnyActorRef } from 'xstate';
import { createProcess, verifySnapshot, type LinkEvent } from '../../src/index.js';
import { transportContract } from '../../src/testing/contracts/index.js';
import { encodeFrame } from '../../src/transports/text-frame.js';
import { textPort, type ExtensionPortLike } from '../../src/transports/text-port.js';

/** The two ends of a `chrome.runtime.Port`, which carries what JSON does. */
function connect() {
  const ends = [new EventEmitter(), new EventEmitter()] as const;
  const portOf = (own: EventEmitter, other: EventEmitter): ExtensionPortLike & { disconnect(): void } => {
    const eventOf = (name: string) => ({
      addListener: (listener: (value: unknown) => void) => void own.on(name, listener),
      removeListener: (listener: (value: unknown) => void) => void own.off(name, listener),
    });
    return {
      postMessage(message) {
        const text = JSON.stringify(message);
        setImmediate(() => other.emit('message', JSON.parse(text)));
      },
      disconnect: () => void other.emit('disconnect', {}),
      onMessage: eventOf('message'),
      onDisconnect: eventOf('disconnect'),
    };
  };
  return [portOf(ends[0], ends[1]), portOf(ends[1], ends[0])] as const;
}

const overExtension = transportContract(() => {
  const [a, b] = connect();
  const inject = (value: unknown) => a.postMessage({ panoramaText: encodeFrame(value as never) });
  return { a: textPort(a), b: textPort(b), inject };
});

describe('textPort, between the parts of an extension', () => {
  for (const { name, run } of overExtension) it(name, run);
});

const stops: (() => unknown)[] = [];
afterEach(async () => {
  for (const stop of stops.splice(0).reverse()) await stop();
});

const collector = setup({ types: { context: {} as { got: unknown[] } } }).createMachine({
  context: { got: [] },
  on: {
    SEND: {
      actions: sendTo(
        ({ system }) => system.get('child') as AnyActorRef,
        ({ event }) => ({ ...event, type: 'TAKE' }),
      ),
    },
    TAKE: { actions: assign({ got: ({ context, event }) => [...context.got, (event as { value?: unknown }).value] }) },
  },
});

const folder = mkdtempSync(join(tmpdir(), 'text-port-'));
afterAll(() => rmSync(folder, { recursive: true }));

/** The child's program, bundled: Node reads no TypeScript. */
function forkChild(): ChildProcess {
  const outfile = join(folder, 'child.mjs');
  const entry = fileURLToPath(new URL('./forked-process.ts', import.meta.url));
  buildSync({ entryPoints: [entry], outfile, bundle: true, platform: 'node', format: 'esm' });
  const child = fork(outfile);
  stops.push(() => child.kill());
  return child;
}

describe('textPort, between Node’s processes', () => {
  it('carries what JSON does not, and snapshots', async () => {
    const child = forkChild();
    const told: LinkEvent['type'][] = [];
    const parent = createProcess(collector, { id: 'parent', peers: { child: textPort(child) } });
    parent.links$.subscribe(({ type }) => told.push(type));
    stops.push(() => parent.stop());
    parent.start();
    const value = { map: new Map([[1, 2n]]), when: new Date(0), none: undefined };
    parent.send({ type: 'SEND', value });
    child.send({ something: 'of the application’s own' });
    await expect.poll(() => parent.actor.getSnapshot().context.got, { timeout: 5000 }).toEqual([value]); // echoed
    const snapshot = await parent.takeSnapshot();
    expect(Object.keys(snapshot.processes).sort()).toEqual(['child', 'parent']);
    expect(verifySnapshot(snapshot)).toEqual({ consistent: true });
    child.kill();
    await expect.poll(() => told, { timeout: 5000 }).toEqual(['link.connected', 'link.failed']);
    parent.send({ type: 'SEND', value }); // nobody is there, and nothing is thrown
  });

  it('ends with the port', async () => {
    const [a, b] = connect();
    const told: LinkEvent['type'][] = [];
    const process = createProcess(collector, { id: 'parent', peers: { child: textPort(a) } });
    process.links$.subscribe(({ type }) => told.push(type));
    stops.push(() => process.stop());
    process.start();
    b.disconnect();
    await expect.poll(() => told).toEqual(['link.failed']);
  });
});
