/** XState 5 actors in the real `@xstate/inspect`: its server, its window, and every message read by XState 4's own receivers. */
import { WebSocket } from 'ws';
import { afterEach, describe, expect, it, vi } from 'vitest';
import { assign, createActor, fromPromise, raise, setup, type AnyActorLogic } from 'xstate';
import {
  createBridge,
  createWebSocketReceiver,
  createWindowReceiver,
  inspect,
} from '../../src/xstate-inspect-bridge/index.js';
import { serveBridge, type ServedBridge, type ServeBridgeOptions } from '../../src/xstate-inspect-bridge/server.js';
import { createManualSchedule, createNetwork, fullMesh } from '../../src/index.js';
import { captureState } from '../../src/testing/index.js';
import { account } from '../support/account.js';

type Receiver = ReturnType<typeof createWebSocketReceiver>;
type Received = Parameters<Extract<Parameters<Receiver['subscribe']>[0], (event: never) => void>>[0];

const served: ServedBridge[] = [];
const actors: { stop(): void }[] = [];
const clients: WebSocket[] = [];
afterEach(async () => {
  vi.unstubAllGlobals();
  for (const actor of actors.splice(0)) actor.stop(); // one list for all servers of a program
  for (const client of clients.splice(0)) client.terminate();
  await Promise.all(served.splice(0).map((one) => one.stop()));
});

async function serve(options?: ServeBridgeOptions) {
  const errors: unknown[] = [];
  const one = await serveBridge({ onError: (error) => errors.push(error), ...options });
  served.push(one);
  return { ...one, errors };
}

/** A viewer: XState 4's own receiver, over a WebSocket of its own. What it cannot parse fails the test. */
async function connect(port: number) {
  vi.stubGlobal(
    'WebSocket',
    class extends WebSocket {
      constructor(url: string) {
        super(url);
        clients.push(this);
      }
    },
  );
  const complaints = vi.spyOn(console, 'error');
  const receiver = createWebSocketReceiver({ server: `127.0.0.1:${port}`, serialize: undefined });
  const events: Received[] = [];
  receiver.subscribe((event) => events.push(event));
  const client = clients.at(-1)!;
  await new Promise((resolve) => client.once('open', resolve));
  client.ping(); // whose answer says that the server has had what was sent before
  await new Promise((resolve) => client.once('pong', resolve));
  const of = <T extends Received['type']>(type: T) =>
    events.filter((event): event is Received & { type: T } => event.type === type);
  return {
    events,
    of,
    complaints,
    /** Each again for each viewer that comes: so that server does it. */
    registered: () => [...new Set(of('service.register').map(({ sessionId }) => sessionId))],
    statesOf: (sessionId: string) => of('service.state').filter((event) => event.sessionId === sessionId),
    send: (sessionId: string, data: object) =>
      receiver.send({
        type: 'xstate.event',
        event: JSON.stringify({
          $$type: 'scxml',
          type: 'external',
          name: (data as { type?: unknown } | null)?.type ?? '',
          data,
          origin: sessionId,
        }),
        service: sessionId,
      }),
  };
}

const oven = setup({
  actors: { mix: fromPromise(() => Promise.resolve('dough')) },
  guards: { isHot: () => true },
  actions: { ring: () => undefined },
}).createMachine({
  id: 'oven',
  context: { loaves: 0 },
  initial: 'cold',
  entry: [raise({ type: 'WARM' }, { delay: 1 }), 'ring'],
  states: {
    cold: { tags: 'safe', on: { HEAT: { target: 'hot', guard: 'isHot', actions: ['ring', assign({ loaves: 1 })] } } },
    hot: {
      type: 'parallel',
      after: { 60_000: 'cold' },
      invoke: { id: 'mixer', src: 'mix', onDone: { actions: assign({ loaves: 2 }) } },
      states: {
        door: { initial: 'shut', states: { shut: { on: { OPEN: 'open' } }, open: { on: { SHUT: 'shut' } } } },
        light: {
          initial: 'off',
          states: {
            off: { always: { target: 'on', guard: 'isHot' } },
            on: {},
            last: { type: 'history', history: 'deep' },
          },
        },
      },
      on: { COOL: 'cold', BREAK: 'broken' },
    },
    broken: { type: 'final' },
  },
});

/** Two accounts under a manual schedule. */
function createBank() {
  const schedule = createManualSchedule();
  const network = createNetwork(
    {
      processes: {
        alice: { logic: account, input: { balance: 100 } },
        bob: { logic: account, input: { balance: 5 } },
      },
      channels: fullMesh(['alice', 'bob']),
    },
    { schedule },
  );
  return { network, schedule };
}

describe('the bridge to @xstate/inspect', () => {
  it('shows every process of a network, and events of the viewer reach the XState 5 actors', async () => {
    const { bridge, port, errors } = await serve();
    const viewer = await connect(port);
    const { network, schedule } = createBank();
    bridge.showNetwork(network);
    network.start();
    actors.push(network);
    await expect.poll(() => viewer.of('service.register').length).toBe(2);
    const [alice, bob] = viewer.registered();
    expect(viewer.of('service.register').map(({ id }) => id)).toEqual(['alice', 'bob']);
    expect([alice, bob]).toEqual([expect.stringMatching(/^alice\//), expect.stringMatching(/^bob\//)]);

    viewer.send(alice!, { type: 'PAY', to: 'bob', amount: 30 });
    await expect.poll(() => schedule.pending().size).toBe(1);
    schedule.deliver('alice->bob');
    const balances = () => [alice, bob].map((id) => viewer.statesOf(id!).at(-1)?.state.context.balance as unknown);
    await expect.poll(balances).toEqual([70, 35]);
    expect(viewer.of('service.event').map(({ sessionId, event }) => [sessionId, event.name])).toEqual(
      expect.arrayContaining([
        [alice, 'PAY'],
        [bob, 'MONEY'],
      ]),
    );
    // An event of the viewer's is told once, although both it and the actor tell of it.
    expect(viewer.of('service.event').filter(({ event }) => event.name === 'PAY')).toHaveLength(1);
    network.stop();
    await expect
      .poll(() => viewer.of('service.stop').map(({ sessionId }) => sessionId))
      .toEqual(expect.arrayContaining([alice, bob]));
    expect(errors).toEqual([]);
    expect(viewer.complaints).not.toHaveBeenCalled();
  });

  it('after a rollback of a network shows the actors that replace those before, and sends to them', async () => {
    const { bridge, port, errors } = await serve();
    const viewer = await connect(port);
    const { network, schedule } = createBank();
    const shown = bridge.showNetwork(network);
    network.start();
    actors.push(network);
    const checkpoint = captureState(network);
    network.send('alice', { type: 'PAY', to: 'bob', amount: 30 });
    await network.rollBack(checkpoint);
    const roots = () => viewer.of('service.register').filter(({ id }) => !id.includes('/'));
    const names = () => roots().map(({ id }) => id);
    await expect.poll(names).toEqual(['alice', 'bob', 'alice#2', 'bob#2']);
    const [alice, bob, again] = roots().map(({ sessionId }) => sessionId);
    await expect
      .poll(() => viewer.of('service.stop').map(({ sessionId }) => sessionId))
      .toEqual(expect.arrayContaining([alice, bob]));
    viewer.send(again!, { type: 'PAY', to: 'bob', amount: 1 });
    await expect.poll(() => schedule.pending().size).toBe(1);
    await expect.poll(() => viewer.statesOf(again!).at(-1)?.state.context.balance as unknown).toBe(99);
    shown.unsubscribe();
    await network.rollBack(checkpoint);
    network.send('alice', { type: 'PAY', to: 'bob', amount: 1 });
    expect(names()).toHaveLength(4);
    expect(errors).toEqual([]);
  });

  it('says statecharts as XState 4 does: it finds the same states, tags and next events, and can run them', async () => {
    const { bridge, port } = await serve();
    const viewer = await connect(port);
    const actor = createActor(oven);
    bridge.show(actor);
    actors.push(actor.start());
    actor.send({ type: 'HEAT' });
    await expect.poll(() => viewer.of('service.state').length).toBeGreaterThan(1);
    const { machine, state, sessionId } = viewer.of('service.register')[0]!;
    expect(state.value).toBe('cold');
    expect([...machine.resolveState(state).tags]).toEqual(['safe']);
    const hot = machine.resolveState(viewer.statesOf(sessionId).at(1)!.state);
    expect(hot.value).toEqual({ hot: { door: 'shut', light: 'on' } });
    expect(hot.nextEvents).toEqual(
      expect.arrayContaining(['OPEN', 'COOL', 'BREAK', 'done.invoke.mixer', 'xstate.after(60000)#oven.hot']),
    );
    expect(machine.transition(hot, { type: 'xstate.after(60000)#oven.hot' }).value).toBe('cold');
    expect(machine.transition(hot, { type: 'BREAK' }).done).toBe(true);
    // XState 4 carries out every `xstate.*` action that it is told of.
    expect(JSON.stringify(machine.definition.entry)).toContain('"type":"raise"');
    expect(hot.actions.concat(machine.initialState.actions).map(({ type }) => type)).not.toContainEqual(
      expect.stringMatching(/^xstate\.(?!invoke|start|stop)/),
    );
    await expect.poll(() => viewer.statesOf(sessionId).at(-1)!.state.context.loaves).toBe(2); // the promise is done
    expect(viewer.of('service.event').map(({ event }) => event.name)).toContain('done.invoke.mixer');

    viewer.send(sessionId, { type: 'xstate.after(60000)#oven.hot' }); // a viewer speaks XState 4, the actor XState 5
    await expect.poll(() => actor.getSnapshot().value).toBe('cold');
  });

  it('gives children their parent, and whoever comes late gets what lives then', async () => {
    const { bridge, port } = await serve();
    const actor = createActor(oven, { inspect: bridge.inspect, id: 'late' });
    actors.push(actor.start());
    actor.send({ type: 'HEAT' });
    await expect.poll(() => actor.getSnapshot().context.loaves).toBe(2);
    const viewer = await connect(port);
    await expect.poll(() => viewer.registered()).toHaveLength(1); // the promise has ended
    expect(viewer.of('service.register')[0]!.state.value).toEqual({ hot: { door: 'shut', light: 'on' } });
  });

  it('systems of the same name do not collide', async () => {
    const { bridge, port } = await serve();
    const viewer = await connect(port);
    const both = [
      createActor(account, { input: { balance: 1 }, id: 'same' }),
      createActor(account, { input: { balance: 2 }, id: 'same' }),
    ];
    for (const actor of both) bridge.show(actor);
    for (const actor of both) actors.push(actor.start());
    await expect
      .poll(() => new Set(viewer.registered().map((id) => id.split('/')[0])))
      .toEqual(new Set(['same', 'same#2']));
  });

  it('carries what JSON cannot, and asks `redact` of everything first', async () => {
    const { bridge, port, errors } = await serve({ redact: (key, value) => (key === 'secret' ? '***' : value) });
    const viewer = await connect(port);
    const context: Record<string, unknown> = {
      big: 2n ** 70n,
      map: new Map([['a', new Set([1])]]),
      secret: 'x1',
      run: () => 1,
      text: '<img src=x onerror=alert(1)>',
    };
    context.self = context;
    const actor = createActor(
      setup({ types: { events: {} as { type: 'GO'; secret: string } } }).createMachine({ context, on: { GO: {} } }),
      { id: 'odd' },
    );
    bridge.show(actor);
    actors.push(actor.start());
    actor.send({ type: 'GO', secret: 'x2' });
    await expect.poll(() => viewer.of('service.state').length).toBe(2);
    expect(viewer.of('service.state')[1]!.state.context).toEqual({
      big: '1180591620717411303424n',
      map: { a: [1] },
      secret: '***',
      run: 'ƒ run',
      text: '<img src=x onerror=alert(1)>',
      self: '[circular]',
    });
    expect(JSON.stringify(viewer.events.map((event) => ({ ...event, machine: undefined })))).not.toMatch(/"x[12]"/);
    expect(errors).toEqual([]);
  });

  it('shows logic that is no machine by its status', async () => {
    const { bridge, port } = await serve();
    const viewer = await connect(port);
    const actor = createActor(fromPromise(() => Promise.resolve(42)) as AnyActorLogic, { id: 'answer' });
    bridge.show(actor);
    actors.push(actor.start());
    await expect.poll(() => viewer.of('service.stop').length).toBe(1);
    expect(viewer.of('service.state').at(-1)!.state).toMatchObject({ value: 'done', context: { output: 42 } });
  });

  it('shows them in a window, too', () => {
    const channel = () => {
      const target = new EventTarget();
      return Object.assign(target, {
        postMessage: (data: unknown) => target.dispatchEvent(Object.assign(new Event('message'), { data })),
      });
    };
    const own = channel();
    const viewers = channel();
    vi.stubGlobal('window', own);
    const inspector = inspect({ iframe: false, targetWindow: viewers as never, url: 'http://localhost/' });
    const bridge = createBridge();
    const receiver = createWindowReceiver({ window: viewers as never, targetWindow: own as never });
    const events: Received[] = [];
    receiver.subscribe((event) => events.push(event));
    const actor = createActor(oven, { inspect: bridge.inspect, id: 'shown' });
    actors.push(actor.start());
    actor.send({ type: 'HEAT' });
    const [first, ...rest] = events;
    expect(first).toMatchObject({ type: 'service.register', id: 'shown' });
    expect(rest).toContainEqual(
      expect.objectContaining({
        type: 'service.register',
        id: 'shown/mixer',
        parent: (first as { sessionId: string }).sessionId,
      }),
    );
    for (const one of actors.splice(0)) one.stop();
    inspector!.disconnect();
    Reflect.deleteProperty(globalThis, '__xstate__');
  });
});

describe('its server', () => {
  const hello = '{"type":"xstate.inspecting"}';

  function open(url: string, headers: Record<string, string> = {}): Promise<WebSocket | 'refused'> {
    const client = new WebSocket(url, { headers });
    clients.push(client);
    return new Promise((resolve) => {
      client.once('open', () => resolve(client));
      client.once('error', () => resolve('refused'));
    });
  }

  it('refuses pages of other sites and other names; elsewhere than on loopback it wants a token', async () => {
    const { url, port } = await serve({ origins: ['https://stately.ai'] });
    expect(url).toBe(`ws://127.0.0.1:${port}/`);
    expect(await open(url, { origin: 'https://evil.example' })).toBe('refused');
    expect(await open(url, { host: 'evil.example' })).toBe('refused');
    expect(await open(url, { origin: 'https://stately.ai' })).not.toBe('refused');
    expect(await open(url, { origin: 'http://localhost:5173' })).not.toBe('refused');
    await expect(serveBridge({ host: '0.0.0.0' })).rejects.toThrow(/`token` of at least 16 characters/);
    await expect(serveBridge({ host: '0.0.0.0', token: 'short' })).rejects.toThrow(/a shorter one/);
    const guarded = await serve({ token: 'correct horse battery' });
    expect(await open(`ws://127.0.0.1:${guarded.port}/`)).toBe('refused');
    expect(await open(guarded.url)).not.toBe('refused');
  });

  it('a viewer that sends anything at all harms nobody, and cannot stop an actor', async () => {
    const { url, bridge, port, errors } = await serve();
    const actor = createActor(account, { id: 'safe', input: { balance: 1 } });
    bridge.show(actor);
    actors.push(actor.start());
    const viewer = await connect(port);
    await expect.poll(() => viewer.registered()).toHaveLength(1);
    const sessionId = viewer.registered()[0]!;
    const hostile = (await open(url)) as WebSocket;
    for (const text of [
      '',
      'null',
      '[',
      '{}',
      '{"type":1}',
      '{"type":"disconnect"}',
      '{"type":"unload"}',
      '{"type":"xstate.event"}',
      '{"type":"xstate.event","event":"null"}',
      '{"type":"xstate.event","event":"{"}',
      hello,
    ]) {
      hostile.send(text);
    }
    hostile.send(Buffer.from(hello));
    for (const data of [null, 1, {}, { type: 7 }, { type: 'xstate.stop' }, { type: 'xstate.init' }])
      viewer.send(sessionId, data as never);
    viewer.send('nobody', { type: 'MONEY', amount: 1 });
    viewer.send(sessionId, { type: 'MONEY', amount: 41 });
    await expect.poll(() => actor.getSnapshot().context.balance).toBe(42);
    expect(actor.getSnapshot().status).toBe('active');
    expect(errors).toHaveLength(6);
    expect(String(errors[4])).toContain('Expected an event that a viewer may send to "safe", got type "xstate.stop".');
  });

  it('a viewer that reads nothing is let go, and slows nothing', async () => {
    const { url, bridge } = await serve();
    const actor = createActor(
      setup({}).createMachine({ context: { ballast: 'x'.repeat(1_000_000) }, on: { GO: {} } }),
      { id: 'big' },
    );
    bridge.show(actor);
    actors.push(actor.start());
    const stalled = (await open(url)) as WebSocket;
    stalled.send(hello);
    const gone = new Promise((resolve) => stalled.once('close', resolve));
    stalled.pause();
    for (let n = 0; n < 60; n++) {
      actor.send({ type: 'GO' });
      await new Promise((resolve) => setImmediate(resolve));
    }
    stalled.resume();
    await gone;
  });
});
