/** The inspector page, served to browsers on this machine. */
import { createServer, type IncomingMessage, type Server, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';
import { describe, isPanoramaError, PanoramaError } from '../../errors.js';
import { inspectorOf, type Inspector } from '../inspector.js';
import type { Connection } from '../line.js';
import type { WatchedNetwork } from '../local-source.js';
import { parseCommand } from '../parse-command.js';
import type { InspectorEvent } from '../protocol.js';
import { RUN_HEADER, serializeEvents } from '../run-file.js';
import { refusal, type Guarded } from './guard.js';
import { pageHtml } from './page-html.js';

/** Where the page is served. */
export interface ServeOptions {
  /** Default 0: a port that is free. */
  readonly port?: number | undefined;
  /** Default 127.0.0.1; another one only with a `token`, as others can then reach it. */
  readonly host?: string | undefined;
  /** A secret that viewers must have; default: none, on loopback. */
  readonly token?: string | undefined;
}

/** A page that is being served. */
export interface ServedInspector {
  /** The page's address, with the token in its fragment, which no browser sends anywhere. */
  readonly url: string;
  readonly port: number;
  /** Disconnects all viewers and stops the server. */
  stop(): Promise<void>;
}

/** Viewers at the same time. */
const MOST_VIEWERS = 16;
/** A command may carry a whole snapshot. */
const MOST_COMMAND_BYTES = 64 * 2 ** 20;

/**
 * Serves the inspector page over plain HTTP: nothing that another site's page could open or read.
 *
 * `GET /` is the page, `GET /events` a recorded run that goes on, `POST /command` a viewer's command.
 *
 * @param what An inspector; a network or a process alone, to be watched by one; or a page with a file inside (`pageWith`).
 * @throws `invalid-argument` for a host other than loopback without a token.
 */
export async function serveInspector(
  what: Inspector | WatchedNetwork | string,
  options: ServeOptions = {},
): Promise<ServedInspector> {
  const shown = typeof what === 'string' ? what : inspectorOf(what);
  const { port = 0, host = '127.0.0.1', token } = options;
  const isLoopback = /^(localhost|127(\.\d+){3}|::1)$/.test(host);
  if (!isLoopback && (token === undefined || token.length < 16)) {
    throw new PanoramaError(
      'invalid-argument',
      `Expected a \`token\` of at least 16 characters for host ${describe(host)}, which others can reach, got ${token === undefined ? 'none' : 'a shorter one'}.`,
    );
  }
  const server = createServer((request, response) => {
    void respond(shown, { host, token }, request, response).catch((error: unknown) => {
      if (response.headersSent) response.destroy();
      else response.writeHead(500, { 'content-type': 'text/plain; charset=utf-8' }).end(`${String(error)}\n`);
    });
  });
  server.maxConnections = MOST_VIEWERS * 4;
  await listen(server, port, host);
  const { port: actualPort } = server.address() as AddressInfo;
  const name = host.includes(':') ? `[${host}]` : host;
  return {
    url: `http://${name}:${actualPort}/${token === undefined ? '' : `#token=${encodeURIComponent(token)}`}`,
    port: actualPort,
    stop: () =>
      new Promise((resolve) => {
        server.close(() => resolve());
        server.closeAllConnections();
      }),
  };
}

function listen(server: Server, port: number, host: string): Promise<void> {
  return new Promise((resolve, reject) => {
    server.once('error', reject);
    server.listen(port, host, () => {
      server.off('error', reject);
      resolve();
    });
  });
}

async function respond(
  shown: Inspector | string,
  guarded: Omit<Guarded, 'needsToken'>,
  request: IncomingMessage,
  response: ServerResponse,
): Promise<void> {
  const { pathname } = new URL(request.url ?? '/', 'http://localhost');
  const isPage = pathname === '/' && request.method === 'GET';
  const refused = refusal(request, { ...guarded, needsToken: !isPage });
  const headers = {
    'cache-control': 'no-store',
    'x-content-type-options': 'nosniff',
    'cross-origin-resource-policy': 'same-origin',
    'referrer-policy': 'no-referrer',
  };
  if (refused !== undefined) {
    response.writeHead(403, { ...headers, 'content-type': 'text/plain; charset=utf-8' }).end(`${refused}\n`);
  } else if (isPage) {
    const { html, policy } = pageHtml();
    response
      .writeHead(200, { ...headers, 'content-type': 'text/html; charset=utf-8', 'content-security-policy': policy })
      .end(typeof shown === 'string' ? shown : html);
  } else if (typeof shown !== 'string' && pathname === '/events' && request.method === 'GET') {
    response.writeHead(200, { ...headers, 'content-type': 'text/plain; charset=utf-8' });
    stream(shown, request, response);
  } else if (typeof shown !== 'string' && pathname === '/command' && request.method === 'POST') {
    await obey(shown, request, response, headers);
  } else {
    response.writeHead(404, { ...headers, 'content-type': 'text/plain' }).end('Not found.\n');
  }
}

/** A viewer's line, by the id that its stream begins with: its commands are answered there. */
const viewers = new WeakMap<Inspector, Map<string, ReturnType<Inspector['connect']>>>();

function stream(inspector: Inspector, request: IncomingMessage, response: ServerResponse): void {
  const known = viewers.get(inspector) ?? new Map<string, ReturnType<Inspector['connect']>>();
  viewers.set(inspector, known);
  const id = String(request.headers['x-viewer'] ?? crypto.randomUUID()).slice(0, 100);
  if (known.size >= MOST_VIEWERS || known.has(id)) return void response.destroy();
  response.write(RUN_HEADER);
  /** A viewer that cannot be told what happens is told why. */
  const giveUp = (error: unknown) => {
    const message = `Expected events that can be shown, got an error: ${String(error)}`;
    response.end(serializeEvents([{ type: 'command.failed', n: 0, time: NaN, message }]));
  };
  const receive = (events: readonly InspectorEvent[]): void | Promise<void> => {
    try {
      if (response.write(serializeEvents(events))) return;
    } catch (error) {
      return giveUp(error);
    }
    return new Promise((resolve) => response.once('drain', resolve));
  };
  let connection: Connection;
  try {
    connection = inspector.connect({ receive });
  } catch (error) {
    return giveUp(error);
  }
  known.set(id, connection);
  response.on('close', () => {
    known.delete(id);
    connection.close();
  });
}

async function obey(
  inspector: Inspector,
  request: IncomingMessage,
  response: ServerResponse,
  headers: Record<string, string>,
): Promise<void> {
  const connection = viewers.get(inspector)?.get(String(request.headers['x-viewer']));
  const reply = (status: number, text: string) =>
    response.writeHead(status, { ...headers, 'content-type': 'text/plain; charset=utf-8' }).end(text);
  if (connection === undefined) return void reply(409, 'Expected a viewer who receives /events.\n');
  const chunks: Buffer[] = [];
  let size = 0;
  for await (const chunk of request as AsyncIterable<Buffer>) {
    size += chunk.length;
    if (size > MOST_COMMAND_BYTES) return void request.destroy();
    chunks.push(chunk);
  }
  try {
    connection.command(parseCommand(Buffer.concat(chunks).toString('utf8')));
    response.writeHead(204, headers).end();
  } catch (error) {
    reply(400, isPanoramaError(error) ? `${(error as Error).message}\n` : 'Bad command.\n');
  }
}
