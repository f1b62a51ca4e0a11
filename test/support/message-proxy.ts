import { once } from 'node:events';
import type { AddressInfo } from 'node:net';
import { WebSocket, WebSocketServer, type RawData } from 'ws';

/** What may happen to a message on its way, each by its probability. */
export interface MessageFaults {
  readonly drop?: number;
  readonly double?: number;
  /** Swaps it with the next one. */
  readonly swap?: number;
  readonly corrupt?: number;
  /** Its connection is cut. */
  readonly cut?: number;
  /** Its connection carries nothing any more, either way, and neither side hears of it. */
  readonly mute?: number;
}

type Done = Record<keyof MessageFaults, number>;

/** Stands between WebSockets and their server; whose a connection is, its path says. */
export interface MessageProxy {
  readonly done: Readonly<Done>;
  /** The address by which somebody connects. */
  urlOf(name: string): string;
  /** Where the server is that connections go to from now on. */
  leadTo(port: number): void;
  /** Cuts somebody's connections; until {@link MessageProxy.heal}, new ones are refused. */
  cut(name: string): void;
  heal(name: string): void;
  /** The connections that somebody has carry nothing any more, and neither side hears of it. New ones do. */
  mute(name: string): void;
  close(): Promise<void>;
}

/** One connection through the proxy. */
interface Connection {
  readonly name: string;
  isMute: boolean;
  end(): void;
}

/** Starts a proxy that leads nowhere yet. */
export async function createMessageProxy(faults: MessageFaults, random: () => number): Promise<MessageProxy> {
  const server = new WebSocketServer({ port: 0, host: '127.0.0.1', autoPong: false });
  await once(server, 'listening');
  const done: Done = { drop: 0, double: 0, swap: 0, corrupt: 0, cut: 0, mute: 0 };
  const happens = (fault: keyof MessageFaults) => {
    const isSo = random() < (faults[fault] ?? 0);
    if (isSo) done[fault]++;
    return isSo;
  };
  const corrupted = (text: string) => {
    const at = Math.floor(random() * text.length);
    return text.slice(0, at) + String.fromCharCode(32 + Math.floor(random() * 90)) + text.slice(at + 1);
  };
  const connections = new Set<Connection>();
  const isCut = new Set<string>();
  let port: number | undefined;

  const relay = (connection: Connection, from: WebSocket, to: WebSocket) => {
    let held: string | undefined;
    from.on('ping', (data) => connection.isMute || (to.readyState === WebSocket.OPEN && to.ping(data)));
    from.on('pong', (data) => connection.isMute || (to.readyState === WebSocket.OPEN && to.pong(data)));
    from.on('message', (data: RawData) => {
      if (happens('mute')) connection.isMute = true;
      if (connection.isMute || happens('drop')) return;
      if (happens('cut')) return connection.end();
      let text = (data as Buffer).toString();
      if (text !== '' && happens('corrupt')) text = corrupted(text);
      if (held === undefined && happens('swap')) {
        held = text;
        return;
      }
      for (const sent of [text, ...(held === undefined ? [] : [held]), ...(happens('double') ? [text] : [])])
        to.send(sent);
      held = undefined;
    });
  };

  server.on('connection', (client, { url }) => {
    const name = url!.slice(1);
    if (isCut.has(name) || port === undefined) return client.terminate();
    client.pause(); // until it leads somewhere
    const upstream = new WebSocket(`ws://127.0.0.1:${port}`, { autoPong: false });
    const connection: Connection = {
      name,
      isMute: false,
      end() {
        client.terminate();
        upstream.terminate();
      },
    };
    connections.add(connection);
    upstream.on('open', () => client.resume());
    relay(connection, client, upstream);
    relay(connection, upstream, client);
    for (const [one, other] of [
      [client, upstream],
      [upstream, client],
    ] as const) {
      one.on('error', () => undefined);
      one.on('close', () => {
        connections.delete(connection);
        if (!connection.isMute) other.terminate();
      });
    }
  });
  const those = (name: string) => [...connections].filter((connection) => connection.name === name);
  return {
    done,
    urlOf: (name) => `ws://127.0.0.1:${(server.address() as AddressInfo).port}/${name}`,
    leadTo: (next) => void (port = next),
    cut(name) {
      isCut.add(name);
      for (const connection of those(name)) connection.end();
    },
    heal: (name) => void isCut.delete(name),
    mute(name) {
      for (const connection of those(name)) connection.isMute = true;
    },
    async close() {
      const closed = new Promise((resolve) => server.close(resolve));
      for (const connection of connections) connection.end();
      for (const client of server.clients) client.terminate();
      await closed;
    },
  };
}
