/**
 * Every state of the library's own `Session` that an office and lives of a tab can come to, in small worlds with everything
 * that may go wrong there.
 *
 * Never: an item that is lost without a word, twice, out of order, in two lives, or taken by a life that it was not sent to;
 * anything sent to, or taken of, a life that is known to be superseded; a session that breaks; more connections than lives and
 * faults. And from every state, all can come to rest: connected with all delivered, or told that it is over.
 *
 * Larger worlds take minutes: `EXPLORE=large npx vitest run -c test/tools/vitest.config.ts test/links/session-explored.test.ts`.
 */
import { describe, expect, it } from 'vitest';
import { createMachine } from 'xstate';
import { sessionMachine } from '../../machines/index.js';
import { exploreStates, follow } from '../support/explore-states.js';
import { createRandom } from '../../src/schedule/random.js';
import { createLife, type Effect, type Input, type LifeSpec, type LifeState } from '../support/session-automaton.js';
import { SessionWorld, type WorldOptions } from '../support/session-world.js';
import { LARGE_WORLDS, one, two, WORLDS } from '../support/session-worlds.js';

/** What of a session a fault is put into. */
interface Inside {
  newestLife: string;
  heard: string | undefined;
  receiveFrame(value: unknown): void;
  readonly delivery: {
    readonly inbox: { readonly received: number };
    arrive(parcel: { readonly first: number }): void;
    resend(): void;
  };
}

/** What of the statechart a fault is put into. */
interface Rules {
  readonly on: Record<string, unknown>;
}
interface OpenRules extends Rules {
  readonly states: { readonly peer: { readonly states: Readonly<Record<string, Rules>> } };
}

const TIMEOUT_MS = 600_000;
/** Happens wherever there are two ends. */
const USUAL = new Set(['sent', 'connected', 'took']);

describe('sessions, explored', () => {
  it.each(Object.entries(WORLDS))('%s', check, TIMEOUT_MS);
  it.runIf(process.env.EXPLORE === 'large').each(Object.entries(LARGE_WORLDS))('large: %s', check, TIMEOUT_MS);

  function check(_name: string, [options, census]: (typeof WORLDS)[string]): void {
    const world = new SessionWorld(options);
    const { states, depth, settled, violation, stuck } = exploreStates(world);
    expect({ violation, stuck }).toEqual({ violation: undefined, stuck: undefined });
    const seen = [...world.seen]
      .filter((what) => !USUAL.has(what))
      .sort()
      .join(', ');
    expect({ states, depth, settled, seen }).toEqual(census);
  }

  it('takes no two ways to a state for one that differ: a session led along the whole way does the same', () => {
    const random = createRandom(7);
    const faults = { lose: 3, repeat: 2, swap: 2, cut: 2, freeze: 1, goBack: 1, renewOffice: 1 };
    const world = new TracedWorld({ ...two, officeSays: 3, tabSays: 2, asks: true, faults });
    for (let walk = 0; walk < 100; walk++) {
      let state = world.initial;
      for (let taken = 0; taken < 80; taken++) {
        const steps = [...world.stepsFrom(state)];
        if (steps.length > 0) state = random.pick(steps).to;
      }
      for (const life of [state.office, ...state.tabs.map((tab) => tab.state)])
        expect(world.again(life)).toEqual(world.of(life));
    }
  });

  it('goes everywhere: each fault, and all that may come of it, happens in some world', () => {
    const seen = new Set(Object.values(WORLDS).flatMap(([, census]) => census.seen.split(', ')));
    const faults = ['lose', 'repeat', 'swap', 'cut', 'freeze', 'goBack', 'renewOffice', 'stop', 'kill'];
    const partings = ['parted: left', 'parted: gone', 'parted: replaced', 'silent', 'failed', 'wentBack'];
    expect([...seen]).toEqual(expect.arrayContaining([...faults, ...partings, 'superseded', 'outbid']));
  });
});

describe('what exploring has found', () => {
  it('does not compare the channels of another session of the peer with those of the last one', () => {
    const world = new SessionWorld({ ...one, tabSays: 0, asks: true, faults: { cut: 1 } });
    const { wrong, tabs } = follow(world, [
      't0 begins',
      't0>office hello t0#1 of - has 0',
      'office>t0 hello office#1 of t0#1 has 0',
      't0>office hello t0#1 of office#1 has 0, connected',
      'office says office.1',
      'office>t0 data office#1>t0#1 1:[office.1] has 0',
      'office: heartbeat',
      "t0's way is cut",
      ...Array<string>(3).fill('office: heartbeat'),
      "t0's way is restored",
      't0>office hello t0#1 of office#1 has 1',
      'office>t0 hello office#2 of t0#1 has 0',
    ]);
    expect([wrong, tabs[0]!.state.isOver]).toEqual([undefined, false]);
  });

  it('goes on greeting a peer that was silent for too long: it may count itself connected, or do as this end does', () => {
    const world = new SessionWorld({ ...one, asks: true, faults: { cut: 1, lose: 1 } });
    const from = follow(world, [
      't0 begins',
      't0>office hello t0#1 of - has 0',
      'office>t0 hello office#1 of t0#1 has 0',
      't0>office hello t0#1 of office#1 has 0, connected',
      'office: heartbeat',
      "t0's way is cut",
      ...Array<string>(3).fill('office: heartbeat'),
      ...Array<string>(3).fill('t0: heartbeat'),
      "t0's way is restored",
      't0>office hello t0#1 of office#1 has 0: lost',
    ]);
    expect(exploreStates(world, { from }).stuck).toBeUndefined();
  });

  it('tells a life that is behind of the epoch, even while it is connected to an older life', () => {
    const world = new SessionWorld({ ...two, faults: { goBack: 1 } });
    const from = follow(world, [
      't0 begins',
      'office goes back',
      't0>office hello t0#1 of - has 0',
      'office>t0 hello office#2 of - has 0',
      't0>office hello t0#2 of - has 0',
      't1 begins',
      'office>t0 hello office#2 of t0#2 has 0',
      't0>office hello t0#2 of office#2 has 0, connected',
    ]);
    expect(exploreStates(world, { from }).stuck).toBeUndefined();
  });
});

describe('a faulty session is noticed', () => {
  const MUTANTS: Readonly<Record<string, readonly [WorldOptions, what: RegExp, steps: number]>> = {
    'data that is of no pair': [
      {
        ...two,
        officeSays: 1,
        faults: { lose: 1 },
        spoilFrame: (frame, { session }) => (frame.type === 'data' ? { ...frame, to: session } : frame),
      },
      /t0 takes office.1, which was sent to another life/,
      11,
    ],
    'an older life is not refused': [
      {
        ...two,
        officeSays: 1,
        spoil: spoilt((session) => {
          const { receiveFrame } = session;
          session.receiveFrame = (frame) => {
            Object.assign(session, { newestLife: '', heard: undefined });
            receiveFrame.call(session, frame);
          };
        }),
      },
      /the office sends to t0, which it knows to be superseded/,
      9,
    ],
    'nobody says sorry': [
      { ...two, machine: changed((open) => (open.on['life.outdated'] = {})) },
      /no settled state/,
      2,
    ],
    'one that is superseded greets again': [
      {
        ...two,
        machine: changed((open) => (open.on['sorry.superseded'] = { target: '#greeting', actions: ['drop', 'renew'] })),
      },
      /no settled state/,
      2,
    ],
    'one that was met takes another number': [
      { ...two, spoil: (_session, life) => (life.noteMet = () => undefined) },
      /the office was connected 3 times/,
      12,
    ],
    'the session stays the same when the peer has parted': [
      { ...one, faults: { cut: 1 }, spoil: (_session, life) => (life.nextSession = () => `${life.id}.000001`) },
      /it claims to have 1 envelopes of 0/,
      11,
    ],
    'the session stays the same in another epoch': [
      {
        ...one,
        faults: { goBack: 1, repeat: 1 },
        spoil: (_session, life) => (life.nextSession = () => `${life.id}.000001`),
      },
      /t0 takes office.1, which t0 has taken/,
      16,
    ],
    'a repeat is taken': [
      {
        ...one,
        spoil: spoilt(({ delivery }) => {
          const { arrive } = delivery;
          delivery.arrive = (parcel) =>
            arrive.call(delivery, { ...parcel, first: Math.max(parcel.first, delivery.inbox.received + 1) });
        }),
      },
      /message 2 was next, got 1/,
      8,
    ],
    'nothing is sent again': [
      { ...one, faults: { lose: 1 }, spoil: spoilt(({ delivery }) => (delivery.resend = () => undefined)) },
      /no settled state/,
      6,
    ],
    'a hello is said once': [
      { ...one, faults: { lose: 1 }, machine: changedPeer(({ greeting }) => (greeting!.on['greeting.due'] = {})) },
      /no settled state/,
      2,
    ],
    'nobody greets after a silence': [
      {
        ...one,
        asks: true,
        faults: { freeze: 1, lose: 1 },
        machine: changedPeer((states) => {
          for (const { on } of Object.values(states)) on['peer.silent'] = on['peer.gone'];
        }),
      },
      /no settled state/,
      15,
    ],
    'a cut that the peer has not noticed is not made up for': [
      {
        ...one,
        faults: { cut: 1 },
        machine: changedPeer(({ connected }) => (connected!.on['hello.known.unconnected'] = {})),
      },
      /no settled state/,
      6,
    ],
    'a good-bye is not heard': [
      {
        ...one,
        faults: { stop: 1 },
        machine: changedPeer((states) => {
          for (const { on } of Object.values(states)) delete on['bye.received'];
        }),
      },
      /no settled state/,
      3,
    ],
  };

  it.each(Object.entries(MUTANTS))(
    '%s',
    (_name, [options, what, steps]) => {
      const { violation, stuck } = exploreStates(new SessionWorld(options));
      const found = violation ?? stuck;
      expect([found?.what, found?.path.length]).toEqual([expect.stringMatching(what), steps]);
    },
    TIMEOUT_MS,
  );
});

type Trace = readonly { readonly input: Input; readonly effects: readonly Effect[] }[];

/** A world that keeps all that has gone into each life, and come of it. */
class TracedWorld extends SessionWorld {
  private static readonly traces = new WeakMap<LifeState, { readonly spec: LifeSpec; readonly trace: Trace }>();

  override born(process: string, life: number): LifeState {
    return this.traced(super.born(process, life), this.specOf(process, life), []);
  }

  private traced(state: LifeState, spec: LifeSpec, trace: Trace): LifeState {
    const next = (input: Input) => {
      const { to, effects } = state.next(input);
      return { to: this.traced(to, spec, [...trace, { input, effects }]), effects };
    };
    const traced = { ...state, next };
    TracedWorld.traces.set(traced, { spec, trace });
    return traced;
  }

  of(life: LifeState): Trace {
    return TracedWorld.traces.get(life)!.trace;
  }

  /** The same once more, by a session of its own. */
  again(life: LifeState): Trace {
    const { spec, trace } = TracedWorld.traces.get(life)!;
    let state = createLife(spec);
    return trace.map(({ input }) => {
      const { to, effects } = state.next(input);
      state = to;
      return { input, effects };
    });
  }
}

function spoilt(spoil: (session: Inside) => void): WorldOptions['spoil'] {
  return (session) => {
    spoil(session as unknown as Inside);
  };
}

/** The session's statechart, with other rules. */
function changed(change: (open: OpenRules) => void): typeof sessionMachine {
  const config = structuredClone(sessionMachine.config);
  change(config.states!.open as unknown as OpenRules);
  return createMachine(config as never, sessionMachine.implementations as never) as unknown as typeof sessionMachine;
}

function changedPeer(change: (states: OpenRules['states']['peer']['states']) => void): typeof sessionMachine {
  return changed(({ states }) => {
    change(states.peer.states);
  });
}
