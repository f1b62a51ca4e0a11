import { describe, expect, it } from 'vitest';
import { initialTransition, transition, type SnapshotFrom } from 'xstate';
import { sessionMachine, type SessionEvent } from '../../machines/index.js';

type State = SnapshotFrom<typeof sessionMachine>;
type EventType = SessionEvent['type'];

/** Every event there is: the compiler sees to it. */
const EVENTS: Readonly<Record<EventType, true>> = {
  'session.opened': true,
  'session.renewed': true,
  'session.closing': true,
  'session.closed': true,
  'session.broke': true,
  'way.up': true,
  'way.down': true,
  'way.lost': true,
  'way.replaced': true,
  'way.closed': true,
  'peer.gone': true,
  'peer.silent': true,
  'peer.unaware': true,
  'greeting.due': true,
  'hello.new': true,
  'hello.new.answering': true,
  'hello.known': true,
  'hello.known.answering': true,
  'hello.known.unconnected': true,
  'hello.behind': true,
  'hello.unfollowed': true,
  'hello.stranger': true,
  'life.outdated': true,
  'bye.received': true,
  'sorry.superseded': true,
  'sorry.broken': true,
};
const events = Object.keys(EVENTS) as EventType[];

/** `staying up greeting`, or `over`. */
function nameOf({ value }: State): string {
  return typeof value === 'string' ? value : [value.open.owner, value.open.way, value.open.peer].join(' ');
}

function step(state: State, type: EventType) {
  const [to, actions] = transition(sessionMachine, state, { type });
  return { to, actions: actions.map((action) => action.type) };
}

function reachable(): Map<string, State> {
  const [initial] = initialTransition(sessionMachine);
  const states = new Map([[nameOf(initial), initial]]);
  for (const state of states.values()) {
    for (const type of events) {
      const { to } = step(state, type);
      if (!states.has(nameOf(to))) states.set(nameOf(to), to);
    }
  }
  return states;
}

/** The state after some events. */
function after(...types: EventType[]): State {
  return types.reduce((state, type) => step(state, type).to, initialTransition(sessionMachine)[0]);
}

describe('the session', () => {
  const states = reachable();

  it('has these states', () => {
    expect([...states.keys()].sort()).toMatchInlineSnapshot(`
      [
        "over",
        "parting down broken",
        "parting down connected",
        "parting down greeting",
        "parting down silent",
        "parting none broken",
        "parting none connected",
        "parting none greeting",
        "parting none silent",
        "parting up broken",
        "parting up connected",
        "parting up greeting",
        "parting up silent",
        "staying down broken",
        "staying down connected",
        "staying down greeting",
        "staying down silent",
        "staying none broken",
        "staying none connected",
        "staying none greeting",
        "staying none silent",
        "staying up broken",
        "staying up connected",
        "staying up greeting",
        "staying up silent",
        "superseded",
      ]
    `);
  });

  it('does this in each state at each event, and nothing at any other', () => {
    const table = Object.fromEntries(
      [...states]
        .filter(([name]) => name.startsWith('staying up'))
        .map(([name, state]) => [
          name,
          Object.fromEntries(
            events.flatMap((type) => {
              const { to, actions } = step(state, type);
              const leads = nameOf(to) === name ? [] : [`-> ${nameOf(to)}`];
              return leads.length + actions.length === 0 ? [] : [[type, [...actions, ...leads].join(', ')]];
            }),
          ),
        ]),
    );
    expect(table).toMatchInlineSnapshot(`
      {
        "staying up broken": {
          "bye.received": "part, -> staying up silent",
          "hello.behind": "sayHello",
          "hello.known": "sayBroken",
          "hello.known.answering": "sayBroken",
          "hello.known.unconnected": "sayBroken",
          "hello.new": "meet, sayHello, greet, -> staying up greeting",
          "hello.new.answering": "meet, sayHello, greet, -> staying up greeting",
          "hello.unfollowed": "sayHello",
          "life.outdated": "saySuperseded",
          "peer.gone": "part, -> staying up silent",
          "peer.silent": "part, sayHello, greet, -> staying up greeting",
          "peer.unaware": "sayBroken",
          "session.closed": "sayBye, leave, -> over",
          "session.closing": "linger, -> parting up broken",
          "session.renewed": "drop, renew, sayHello, greet, -> staying up greeting",
          "sorry.superseded": "drop, tellSuperseded, leave, -> superseded",
          "way.closed": "drop, tellBroken, leave, -> over",
          "way.down": "-> staying down broken",
          "way.replaced": "renew, -> staying down silent",
        },
        "staying up connected": {
          "bye.received": "pause, part, -> staying up silent",
          "hello.behind": "sayHello",
          "hello.known": "sayHello",
          "hello.known.answering": "resume",
          "hello.known.unconnected": "sayHello, resume",
          "hello.new": "pause, meet, sayHello, greet, -> staying up greeting",
          "hello.new.answering": "pause, meet, sayHello, connect",
          "hello.stranger": "pause, sayHello, greet, -> staying up greeting",
          "hello.unfollowed": "sayHello",
          "life.outdated": "saySuperseded",
          "peer.gone": "pause, part, -> staying up silent",
          "peer.silent": "pause, part, sayHello, greet, -> staying up greeting",
          "session.broke": "pause, sayBroken, drop, tellBroken, -> staying up broken",
          "session.closed": "pause, sayBye, leave, -> over",
          "session.closing": "linger, -> parting up connected",
          "session.renewed": "pause, drop, renew, sayHello, greet, -> staying up greeting",
          "sorry.broken": "pause, drop, tellBroken, -> staying up broken",
          "sorry.superseded": "pause, drop, tellSuperseded, leave, -> superseded",
          "way.closed": "pause, drop, tellBroken, leave, -> over",
          "way.down": "pause, tellCut, -> staying down silent",
          "way.replaced": "pause, renew, -> staying down silent",
        },
        "staying up greeting": {
          "bye.received": "stopGreeting, part, -> staying up silent",
          "greeting.due": "sayHello",
          "hello.behind": "sayHello",
          "hello.known": "sayHello",
          "hello.known.answering": "stopGreeting, connect, -> staying up connected",
          "hello.known.unconnected": "stopGreeting, connect, -> staying up connected",
          "hello.new": "meet, sayHello",
          "hello.new.answering": "stopGreeting, meet, sayHello, connect, -> staying up connected",
          "hello.unfollowed": "sayHello",
          "life.outdated": "saySuperseded",
          "peer.gone": "stopGreeting, part, -> staying up silent",
          "peer.silent": "stopGreeting, part, sayHello, greet",
          "session.broke": "stopGreeting, sayBroken, drop, tellBroken, -> staying up broken",
          "session.closed": "stopGreeting, sayBye, leave, -> over",
          "session.closing": "linger, -> parting up greeting",
          "session.renewed": "stopGreeting, drop, renew, sayHello, greet",
          "sorry.broken": "stopGreeting, drop, tellBroken, -> staying up broken",
          "sorry.superseded": "stopGreeting, drop, tellSuperseded, leave, -> superseded",
          "way.closed": "stopGreeting, drop, tellBroken, leave, -> over",
          "way.down": "stopGreeting, -> staying down silent",
          "way.lost": "stopGreeting, part, sayHello, greet",
          "way.replaced": "stopGreeting, renew, -> staying down silent",
        },
        "staying up silent": {
          "bye.received": "part",
          "hello.behind": "sayHello",
          "hello.new": "meet, sayHello, greet, -> staying up greeting",
          "hello.new.answering": "meet, sayHello, connect, -> staying up connected",
          "hello.unfollowed": "sayHello",
          "life.outdated": "saySuperseded",
          "peer.gone": "part",
          "peer.silent": "part",
          "peer.unaware": "sayHello, greet, -> staying up greeting",
          "session.broke": "sayBroken, drop, tellBroken, -> staying up broken",
          "session.closed": "sayBye, leave, -> over",
          "session.closing": "linger, -> parting up silent",
          "session.renewed": "drop, renew, sayHello, greet, -> staying up greeting",
          "sorry.broken": "drop, tellBroken, -> staying up broken",
          "sorry.superseded": "drop, tellSuperseded, leave, -> superseded",
          "way.closed": "drop, tellBroken, leave, -> over",
          "way.down": "-> staying down silent",
          "way.lost": "part",
          "way.replaced": "renew, -> staying down silent",
          "way.up": "sayHello, greet, -> staying up greeting",
        },
      }
    `);
  });

  it('is over for good', () => {
    const last = [...states.values()].filter(({ status }) => status === 'done');
    expect(last.map(nameOf).sort()).toEqual(['over', 'superseded']);
    for (const state of last) for (const type of events) expect(step(state, type)).toEqual({ to: state, actions: [] });
  });

  it('comes to an end from everywhere', () => {
    for (const [name, state] of states) {
      if (state.status === 'done') continue;
      expect([name, nameOf(step(state, 'session.closed').to)]).toEqual([name, 'over']);
      expect([name, nameOf(step(state, 'sorry.superseded').to)]).toEqual([name, 'superseded']);
    }
  });

  it('carries envelopes only while the way stands, and after the peer has answered', () => {
    for (const [name, state] of states) {
      for (const type of events) {
        const { to, actions } = step(state, type);
        if (actions.includes('connect'))
          expect([name, type]).toEqual([name, expect.stringMatching(/answering|unconnected/)]);
        if (nameOf(to).endsWith('connected') && !name.endsWith('connected')) expect(actions).toContain('connect');
        if (name.endsWith('connected') && !nameOf(to).endsWith('connected')) expect(actions).toContain('pause');
      }
    }
    const connected = after('session.opened', 'way.up', 'hello.new.answering');
    expect(nameOf(connected)).toBe('staying up connected');
    expect(nameOf(step(connected, 'way.down').to)).toBe('staying down silent');
  });

  it('breaks without the way, and begins anew over it', () => {
    const broken = after('session.opened', 'way.up', 'hello.new.answering', 'session.broke');
    expect(nameOf(broken)).toBe('staying up broken');
    const { to, actions } = step(broken, 'session.renewed');
    expect(nameOf(to)).toBe('staying up greeting');
    expect(actions).toEqual(['drop', 'renew', 'sayHello', 'greet']);
  });

  it('waits a while for what is to go out when its process has stopped', () => {
    const { to, actions } = step(after('session.opened', 'way.up', 'hello.new.answering'), 'session.closing');
    expect([nameOf(to), actions]).toEqual(['parting up connected', ['linger']]);
    expect(step(to, 'session.broke').actions).toEqual(['pause', 'sayBye', 'drop', 'tellBroken', 'leave']);
  });
});
