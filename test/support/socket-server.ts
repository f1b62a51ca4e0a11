import type { AddressInfo } from 'node:net';
import { WebSocketServer } from 'ws';

/** Starts a WebSocket server of `ws` on loopback. */
export async function listen() {
  const server = new WebSocketServer({ port: 0, host: '127.0.0.1' });
  await new Promise((resolve) => server.once('listening', resolve));
  const { port } = server.address() as AddressInfo;
  const close = async () => {
    for (const socket of server.clients) socket.terminate();
    await new Promise((resolve) => server.close(resolve));
  };
  return { server, port, close };
}
