import { createServer, connect, type AddressInfo, type Socket } from 'node:net';

/** What may happen to a piece of a connection, each by its probability. */
export interface ConnectionFaults {
  /** The whole connection is cut. */
  readonly cut?: number;
  readonly corrupt?: number;
  readonly repeat?: number;
  readonly reorder?: number;
  /** The longest delay, in milliseconds. */
  readonly delayMs?: number;
  /** How much it carries each way. */
  readonly bytesPerSecond?: number;
}

/** A program between two endpoints of TCP that does to their bytes what a test says. */
export interface FaultProxy {
  readonly port: number;
  /** From now on. */
  faults: ConnectionFaults;
  /** How much has been done to connections. */
  readonly done: { cuts: number; corruptions: number; repeats: number; reorders: number };
  /** How many bytes it has passed on. */
  readonly passed: number;
  /** Cuts all connections now; until {@link FaultProxy.restore}, new ones are refused. */
  cut(): void;
  restore(): void;
  /** The connections that there are carry nothing any more, and neither side hears of it. New ones do. */
  freeze(): void;
  close(): Promise<void>;
}

/** Starts a proxy to a port of this machine. */
export async function createFaultProxy(target: number, random: () => number): Promise<FaultProxy> {
  const sockets = new Set<Socket>();
  const frozen = new WeakSet<Socket>();
  let isCut = false;
  const server = createServer((client) => {
    if (isCut) return client.destroy();
    const upstream = connect(target, '127.0.0.1');
    pass(client, upstream);
    pass(upstream, client);
  });
  const happens = (chance = 0) => random() < chance;
  const slowDown = (from: Socket, bytes: number, bytesPerSecond: number | undefined) => {
    if (bytesPerSecond === undefined) return;
    from.pause();
    setTimeout(() => from.resume(), (bytes / bytesPerSecond) * 1000);
  };
  const cutAll = () => {
    for (const socket of sockets) socket.destroy();
  };
  function pass(from: Socket, to: Socket) {
    sockets.add(from);
    let last: Promise<void> = Promise.resolve();
    let held: Uint8Array | undefined;
    from.on('data', (chunk: Buffer) => {
      if (frozen.has(from)) return;
      const { faults, done } = proxy;
      proxy.passed += chunk.length;
      slowDown(from, chunk.length, faults.bytesPerSecond);
      if (happens(faults.cut)) {
        done.cuts++;
        from.destroy();
        to.destroy();
        return;
      }
      const bytes = Uint8Array.from(chunk);
      if (happens(faults.corrupt)) {
        done.corruptions++;
        bytes[Math.floor(random() * bytes.length)]! ^= 1 << Math.floor(random() * 8);
      }
      const pieces: Uint8Array[] = [bytes];
      if (happens(faults.repeat)) {
        done.repeats++;
        pieces.push(bytes);
      }
      if (held !== undefined) {
        pieces.push(held);
        held = undefined;
      } else if (happens(faults.reorder)) {
        done.reorders++;
        held = bytes;
        return;
      }
      const { delayMs = 0 } = faults;
      last = last.then(async () => {
        if (delayMs > 0) await new Promise((resolve) => setTimeout(resolve, random() * delayMs));
        for (const piece of pieces) if (to.writable) to.write(piece);
      });
    });
    from.on('error', () => undefined);
    from.on('close', () => {
      sockets.delete(from);
      if (!frozen.has(from)) void last.then(() => to.end());
    });
  }
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  const proxy = {
    port: (server.address() as AddressInfo).port,
    faults: {} as ConnectionFaults,
    passed: 0,
    done: { cuts: 0, corruptions: 0, repeats: 0, reorders: 0 },
    cut() {
      isCut = true;
      cutAll();
    },
    restore: () => void (isCut = false),
    freeze() {
      for (const socket of sockets) frozen.add(socket);
    },
    close: () =>
      new Promise<void>((resolve) => {
        server.close(() => resolve());
        cutAll();
      }),
  };
  return proxy;
}
