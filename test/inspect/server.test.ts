/** The inspector's server: who may look, and what it takes from whom. */
import { request } from 'node:http';
import { afterEach, describe, expect, it } from 'vitest';
import type { InspectorEvent } from '../../src/inspect/index.js';
import { createRunReader } from '../../src/inspect/files.js';
import { serveInspector, type ServedInspector, type ServeOptions } from '../../src/inspect/server/index.js';
import { inspectedBank } from '../support/inspected.js';

const open: ServedInspector[] = [];
afterEach(async () => {
  await Promise.all(open.splice(0).map((served) => served.stop()));
});

async function serve(options?: ServeOptions) {
  const bank = inspectedBank({ history: 1000 });
  bank.network.start();
  const served = await serveInspector(bank.inspector, options);
  open.push(served);
  return { ...bank, served };
}

interface Asked {
  readonly method?: string;
  readonly headers?: Record<string, string>;
  readonly body?: string;
}

/** Asks as any program can, with whatever headers it likes. @returns The status, and what came first of the body. */
function ask(
  port: number,
  path: string,
  { method = 'GET', headers = {}, body }: Asked = {},
): Promise<{ status: number; text: string }> {
  return new Promise((resolve, reject) => {
    const asked = request({ host: '127.0.0.1', port, path, method, headers }, (response) => {
      response.setEncoding('utf8');
      response.once('data', (text: string) => {
        resolve({ status: response.statusCode!, text });
        response.destroy();
      });
      response.once('end', () => resolve({ status: response.statusCode!, text: '' }));
    });
    asked.on('error', reject);
    asked.end(body);
  });
}

describe('the server', () => {
  it('listens on loopback; elsewhere only with a token', async () => {
    const { inspector, served } = await serve();
    expect(served.url).toBe(`http://127.0.0.1:${served.port}/`);
    await expect(serveInspector(inspector, { host: '0.0.0.0' })).rejects.toThrow(/`token` of at least 16 characters/);
    await expect(serveInspector(inspector, { host: '0.0.0.0', token: 'short' })).rejects.toThrow(/a shorter one/);
  });

  it('refuses other names (DNS rebinding), other sites, and simple requests of forms', async () => {
    const { served, events } = await serve();
    const { port } = served;
    expect((await ask(port, '/events', { headers: { host: 'evil.example' } })).status).toBe(403);
    expect((await ask(port, '/events', { headers: { host: `evil.example:${port}` } })).status).toBe(403);
    expect((await ask(port, '/events', { headers: { origin: 'https://evil.example' } })).status).toBe(403);
    expect((await ask(port, '/events', { headers: { 'sec-fetch-site': 'cross-site' } })).status).toBe(403);
    const body = JSON.stringify({ type: 'snapshot.take' });
    expect((await ask(port, '/command', { method: 'POST', body })).status).toBe(403);
    expect((await ask(port, '/command', { method: 'POST', body, headers: { 'x-viewer': 'nobody' } })).status).toBe(409);
    expect((await ask(port, '/elsewhere')).status).toBe(404);
    expect(events.some(({ type }) => type === 'snapshot.begun')).toBe(false);
  });

  it('wants the token where there is one', async () => {
    const token = 'correct horse battery';
    const { served } = await serve({ token });
    expect(served.url).toContain('#token=');
    expect((await ask(served.port, '/')).status).not.toBe(403); // the page holds no secret
    expect((await ask(served.port, '/events')).status).toBe(403);
    expect((await ask(served.port, '/events', { headers: { authorization: 'Bearer wrong' } })).status).toBe(403);
    expect((await ask(served.port, '/events', { headers: { authorization: `Bearer ${token}` } })).status).toBe(200);
  });

  it('sends a recorded run that goes on, obeys its viewers, and says what is wrong with a command', async () => {
    const { served } = await serve();
    const headers = { 'x-viewer': 'me' };
    const response = await fetch(`${served.url}events`, { headers });
    const post = async (body: string) => {
      const answer = await fetch(`${served.url}command`, { method: 'POST', headers, body });
      return [answer.status, await answer.text()];
    };
    const reader = createRunReader();
    const seen: InspectorEvent[] = [];
    const chunks = response.body!.pipeThrough(new TextDecoderStream()).getReader();
    let rest = '';
    const readUntil = async (type: InspectorEvent['type']) => {
      while (!seen.some((event) => event.type === type)) {
        const lines = (rest + (await chunks.read()).value!).split('\n');
        rest = lines.pop()!;
        for (const line of lines) seen.push(...reader.read(line));
      }
    };
    await readUntil('step.ended');
    expect(await post('{"type":"snapshot.take","initiators":["alice"]}')).toEqual([204, '']);
    await readUntil('snapshot.begun');
    expect(await post('{"type":"playback.play"}')).toEqual([204, '']);
    await readUntil('command.failed');
    expect(await post('no json')).toMatchObject([400, /a command as JSON/]);
    expect(await post('{"type":"snapshot.take","initiators":"alice"}')).toMatchObject([400, /list of ids/]);
    expect(await post('{"type":"network.restore","file":"none"}')).toMatchObject([400, /a header/]);
    expect(await post('{"type":"process.exit"}')).toMatchObject([400, /of the inspector protocol/]);
    await chunks.cancel();
  });

  it('a viewer that cannot be told what happens is told why', async () => {
    const connect = () => {
      throw new Error('odd machine');
    };
    const odd = { connect, watch: () => undefined, join: connect, stop: () => undefined };
    const served = await serveInspector(odd);
    const text = await (await fetch(`${served.url}events`, { headers: { 'x-viewer': 'me' } })).text();
    expect(text).toMatch(/command\.failed.*odd machine/);
    await served.stop();
  });

  it('a viewer that reads nothing holds nothing up', async () => {
    const { served, network, schedule, pay } = await serve();
    const stalled = request({ host: '127.0.0.1', port: served.port, path: '/events' });
    stalled.on('error', () => undefined);
    stalled.end();
    await new Promise<void>((resolve) => stalled.on('response', (response) => (response.pause(), resolve())));
    for (let n = 0; n < 25_000; n++) {
      pay('alice', 'bob', 0);
      schedule.deliver('alice->bob');
      if (n % 1000 === 0) await new Promise((resolve) => setImmediate(resolve));
    }
    const taken = network.takeSnapshot({ initiators: ['alice'] });
    while (schedule.pending().size > 0) schedule.deliver([...schedule.pending().keys()][0]!);
    expect((await taken).stats.markers).toBe(6);
    stalled.destroy();
  });
});
