/** Who may speak to the inspector's server. */
import { createHash, timingSafeEqual } from 'node:crypto';
import type { IncomingMessage } from 'node:http';

/** What a request is held against. */
export interface Guarded {
  readonly host: string;
  readonly token: string | undefined;
  /** The page itself holds no secret. */
  readonly needsToken: boolean;
}

/**
 * Says why a request is refused, or nothing.
 *
 * A page of another site can make a browser send requests here: it has another `Origin`, and when its name was rebound to this
 * machine's address, another `Host`.
 */
export function refusal(
  { headers, method, socket }: IncomingMessage,
  { host, token, needsToken }: Guarded,
): string | undefined {
  const name = headers.host?.replace(/:\d+$/, '').replace(/^\[|\]$/g, '');
  const isOwnName = name === host || (token === undefined && /^(localhost|127\.0\.0\.1|::1)$/.test(name ?? ''));
  const isAnyHost = host === '0.0.0.0' || host === '::';
  if (!isOwnName && !isAnyHost) return `Expected a request to ${host}, got one to ${headers.host ?? 'nobody'}.`;
  const port = /:(\d+)$/.exec(headers.host ?? '')?.[1];
  if (port !== String(socket.localPort) && port !== undefined) return 'Expected a request to this port.';
  const { origin } = headers;
  if (origin !== undefined && origin !== `http://${headers.host ?? ''}`) {
    return `Expected a request from the inspector page, got one from ${origin}.`;
  }
  const site = headers['sec-fetch-site'];
  if (needsToken && site !== undefined && site !== 'same-origin' && site !== 'none') {
    return `Expected a request from the inspector page, got one from elsewhere (${site}).`;
  }
  if (method === 'POST' && headers['x-viewer'] === undefined) return 'Expected the header `x-viewer`, got none.';
  if (needsToken && token !== undefined && !isSame(headers.authorization, `Bearer ${token}`)) {
    return 'Expected the token that the inspector was started with. Open the address that it printed.';
  }
  return undefined;
}

function isSame(got: string | undefined, expected: string): boolean {
  const digest = (text: string) => createHash('sha256').update(text).digest();
  return timingSafeEqual(digest(got ?? ''), digest(expected));
}
