/** Reports that are lost with whoever carried them. */
import { afterEach, describe, expect, it } from 'vitest';
import { createProcess, verifySnapshot, type Frame, type Peers, type Transport } from '../../src/index.js';
import { account, totalOf } from '../support/account.js';
import { createPipe } from '../support/pipe.js';

const running: { stop(): void }[] = [];
afterEach(() => {
  for (const process of running.splice(0)) process.stop();
});

function start(id: string, peers: Peers) {
  const connected = new Set<string>();
  const process = createProcess(account, { id, peers, input: { balance: 100 } });
  process.links$.subscribe(({ type, peer }) => {
    if (type === 'link.connected') connected.add(peer);
  });
  running.push(process);
  process.start();
  return { process, isConnected: () => connected.size === Object.keys(peers).length };
}

interface Item {
  readonly type?: unknown;
  readonly notice?: { readonly kind: unknown };
}

const isReport = (item: unknown) => (item as Item | null)?.notice?.kind === 'report';
const isMarker = (item: unknown) => (item as Item | null)?.type === 'marker';
const carries = (frame: Frame, what: (item: unknown) => boolean) => frame.type === 'data' && frame.items.some(what);

/** A transport whose frames go out only as `pass` says. */
function gated(transport: Transport, pass: (frame: Frame, send: (frame: Frame) => void) => void): Transport {
  return {
    ...transport,
    open(receiver, ends) {
      const sender = transport.open(receiver, ends);
      return { send: (frame) => pass(frame, (passed) => sender.send(passed)), close: () => sender.close() };
    },
  };
}

/** The first report that is not the process's own, or the first of all, and all after it, go nowhere. */
function losingReports(transport: Transport, ofOthers = false) {
  let isLost = false;
  let isOwnSent = !ofOthers;
  const lossy = gated(transport, (frame, send) => {
    if (isLost) return;
    if (!isOwnSent && carries(frame, isReport)) {
      isOwnSent = true;
      return send(frame);
    }
    isLost = carries(frame, isReport);
    if (!isLost || frame.type !== 'data') return send(frame);
    send({ ...frame, items: frame.items.slice(0, frame.items.findIndex(isReport) - 1) });
  });
  return { lossy, isLost: () => isLost, isOwnSent: () => isOwnSent };
}

function watchingReports(transport: Transport) {
  let isSent = false;
  const watched = gated(transport, (frame, send) => {
    isSent ||= carries(frame, isReport);
    send(frame);
  });
  return { watched, isSent: () => isSent };
}

const reliable = () => createPipe({}, Math.random, true).ends;

describe('a report that was on its way by a peer who leaves', () => {
  it('goes another way', async () => {
    // a, who supervises, is reached from c by way of b and by way of d; c reports to b, whose marker came first.
    const [ab, bc, ad, dc] = [reliable(), reliable(), reliable(), reliable()];
    const { lossy, isLost } = losingReports(bc[1]);
    let release: () => void = () => undefined;
    const late = gated(dc[0], (frame, send) => {
      if (carries(frame, isMarker)) release = () => send(frame);
      else send(frame);
    });
    const reports = [watchingReports(ab[1]), watchingReports(ad[1])] as const;
    const a = start('a', { b: ab[0], d: ad[0] });
    const b = start('b', { a: reports[0].watched, c: bc[0] });
    const c = start('c', { b: lossy, d: dc[1] });
    const d = start('d', { a: reports[1].watched, c: late });
    await expect.poll(() => [a, b, c, d].every(({ isConnected }) => isConnected())).toBe(true);
    const taking = a.process.takeSnapshot({ timeoutMs: 20_000 });
    taking.catch(() => undefined); // looked at below
    await expect.poll(() => reports.every(({ isSent }) => isSent())).toBe(true);
    release();
    await expect.poll(isLost).toBe(true);
    b.process.stop();
    const snapshot = await taking;
    expect(Object.keys(snapshot.processes).sort()).toEqual(['a', 'b', 'c', 'd']);
    expect(verifySnapshot(snapshot)).toEqual({ consistent: true });
    expect(totalOf(snapshot)).toBe(400);
  });

  it('goes another way when the supervisor and the peer part, who are both still there', async () => {
    const [ab, bc, ad, dc] = [reliable(), reliable(), reliable(), reliable()];
    const { lossy, isLost, isOwnSent } = losingReports(ab[1], true);
    const { watched, isSent } = watchingReports(ad[1]);
    let release: () => void = () => undefined;
    const late = gated(dc[0], (frame, send) => {
      if (carries(frame, isMarker)) release = () => send(frame);
      else send(frame);
    });
    const a = start('a', { b: ab[0], d: ad[0] });
    const b = start('b', { a: lossy, c: bc[0] });
    const c = start('c', { b: bc[1], d: dc[1] });
    const d = start('d', { a: watched, c: late });
    await expect.poll(() => [a, b, c, d].every(({ isConnected }) => isConnected())).toBe(true);
    const taking = a.process.takeSnapshot({ timeoutMs: 20_000 });
    taking.catch(() => undefined); // looked at below
    await expect.poll(() => isOwnSent() && isSent()).toBe(true);
    release();
    await expect.poll(isLost).toBe(true);
    a.process.removePeer('b');
    const snapshot = await taking;
    expect(Object.keys(snapshot.processes).sort()).toEqual(['a', 'b', 'c', 'd']);
    expect(totalOf(snapshot)).toBe(400);
  });

  it('ends the snapshot at once when there is no other', async () => {
    const [ab, bc] = [reliable(), reliable()];
    const { lossy, isLost } = losingReports(bc[1]);
    const { watched, isSent } = watchingReports(ab[1]);
    const a = start('a', { b: ab[0] });
    const b = start('b', { a: watched, c: bc[0] });
    const c = start('c', { b: lossy });
    await expect.poll(() => [a, b, c].every(({ isConnected }) => isConnected())).toBe(true);
    const taking = a.process.takeSnapshot({ timeoutMs: 20_000 });
    taking.catch(() => undefined); // looked at below
    await expect.poll(() => isLost() && isSent()).toBe(true);
    b.process.stop();
    await expect(taking).rejects.toMatchObject({
      code: 'snapshot-aborted',
      message: expect.stringMatching(/process "b" left/),
    });
  });
});
