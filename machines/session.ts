/**
 * The statechart of a session: how one end of a link meets the other, is cut off, and meets it again or another life of it.
 *
 * What is counted and what is carried is no part of it: a session is told what *kind* of thing has come in, and decides what
 * comes of that. Application messages never pass through it.
 */
import { setup, stateIn } from 'xstate';

/** What a session is told. */
export interface SessionEvent {
  readonly type:
    /** It is begun. */
    | 'session.opened'
    /** It begins anew: in another epoch, or as another life of the process. */
    | 'session.renewed'
    /** It ends once all that waits has gone out; or at once. */
    | 'session.closing'
    | 'session.closed'
    /** What must not be has been: something is lost, does not fit, was claimed wrongly, or waits beyond all limits. */
    | 'session.broke'
    /** The way to the peer stands. */
    | 'way.up'
    /** It is cut, or could not be opened. */
    | 'way.down'
    /** It has been down for too long. */
    | 'way.lost'
    /** Another one is taken. */
    | 'way.replaced'
    /** It is gone for good. */
    | 'way.closed'
    /** The peer's program is gone. */
    | 'peer.gone'
    /** Nothing was heard of the peer for too long: it may be gone, or come back, and may count itself connected until then. */
    | 'peer.silent'
    /** The peer goes by a session that does not stand any more. */
    | 'peer.unaware'
    /** Nobody has answered yet. */
    | 'greeting.due'
    /** A session of the peer that was not known; with `answering`, it has said hello to this one. */
    | 'hello.new'
    | 'hello.new.answering'
    /** The session that is known. */
    | 'hello.known'
    | 'hello.known.answering'
    /** The same, by a peer that is not connected any more: of a cut that only it has noticed, this end hears so. */
    | 'hello.known.unconnected'
    /** The peer is in an earlier epoch. */
    | 'hello.behind'
    /** It is in a later one, to which this process cannot follow. */
    | 'hello.unfollowed'
    /** In this epoch, another life of one of the two has been met. */
    | 'hello.stranger'
    /** Anything of a life of the peer that another one has superseded. */
    | 'life.outdated'
    /** The peer parts of its own accord. */
    | 'bye.received'
    /** The peer has met a later life of this process. */
    | 'sorry.superseded'
    /** At the peer's end, the session has broken. */
    | 'sorry.broken';
}

const newSession = {
  'hello.new': { target: '#greeting', actions: 'meet' },
  'hello.new.answering': { target: '#connected', reenter: true, actions: ['meet', 'sayHello'] },
} as const;

const parting = {
  'bye.received': { target: '#silent', actions: 'part' },
  'peer.gone': { target: '#silent', actions: 'part' },
} as const;

const breaking = {
  'session.broke': { target: '#broken', actions: ['sayBroken', 'drop', 'tellBroken'] },
  'sorry.broken': { target: '#broken', actions: ['drop', 'tellBroken'] },
} as const;

const beginning = {
  'session.renewed': [
    { guard: 'hasWay', target: '#greeting', reenter: true, actions: ['drop', 'renew'] },
    { target: '#silent', actions: ['drop', 'renew'] },
  ],
  'way.replaced': { target: '#silent', actions: 'renew' },
} as const;

const unfilled = () => undefined;

/** The session of one end of a link. */
export const sessionMachine = /* @__PURE__ */ setup({
  types: { events: {} as SessionEvent },
  guards: { hasWay: stateIn({ open: { way: 'up' } }) },
  actions: {
    /** Says which session this is, which one of the peer's it knows, and what has come of that. */
    sayHello: unfilled,
    /** Says that the peer's life is superseded. */
    saySuperseded: unfilled,
    /** Says that this session has broken. */
    sayBroken: unfilled,
    sayBye: unfilled,
    /** Says hello again and again, ever more slowly. */
    greet: unfilled,
    stopGreeting: unfilled,
    /** Knows a session of the peer from now on, to which that before, if there was one, is nothing. */
    meet: unfilled,
    /** What waits goes out, and what comes in is taken. */
    connect: unfilled,
    /** Goes on from where the peer says that it is. */
    resume: unfilled,
    pause: unfilled,
    /** The peer has parted: what waits for it is dropped, and another session begins. */
    part: unfilled,
    /** Begins another session, which knows no peer. */
    renew: unfilled,
    /** Drops what waits. */
    drop: unfilled,
    /** Gives what waits some time to go out. */
    linger: unfilled,
    tellCut: unfilled,
    /** Tells that the way could not be opened, or restored. */
    tellWaiting: unfilled,
    tellBroken: unfilled,
    tellSuperseded: unfilled,
    /** Parts from the way. */
    leave: unfilled,
  },
}).createMachine({
  id: 'session',
  initial: 'open',
  states: {
    open: {
      type: 'parallel',
      on: {
        'session.closed': { target: 'over', actions: 'sayBye' },
        'way.closed': { target: 'over', actions: ['drop', 'tellBroken'] },
        'sorry.superseded': { target: 'superseded', actions: ['drop', 'tellSuperseded'] },
        'life.outdated': { actions: 'saySuperseded' },
        'hello.behind': { actions: 'sayHello' },
        'hello.unfollowed': { actions: 'sayHello' },
      },
      states: {
        owner: {
          initial: 'staying',
          states: {
            staying: { on: { 'session.closing': 'parting' } },
            parting: {
              entry: 'linger',
              on: { 'session.broke': { target: '#over', actions: ['sayBye', 'drop', 'tellBroken'] } },
            },
          },
        },
        way: {
          initial: 'none',
          states: {
            none: { on: { 'session.opened': 'down' } },
            down: { on: { 'way.up': 'up', 'way.down': { actions: 'tellWaiting' } } },
            up: { on: { 'way.down': 'down', 'way.replaced': 'down' } },
          },
        },
        peer: {
          initial: 'silent',
          states: {
            /** Nothing is said: there is no way, or nobody at its other end. */
            silent: {
              id: 'silent',
              on: {
                ...newSession,
                ...parting,
                ...breaking,
                ...beginning,
                'way.up': 'greeting',
                'way.lost': { actions: 'part' },
                'peer.silent': { actions: 'part' },
                'peer.unaware': 'greeting',
              },
            },
            greeting: {
              id: 'greeting',
              entry: ['sayHello', 'greet'],
              exit: 'stopGreeting',
              on: {
                ...newSession,
                ...parting,
                ...breaking,
                ...beginning,
                'greeting.due': { actions: 'sayHello' },
                'way.lost': { target: 'greeting', reenter: true, actions: 'part' },
                'peer.silent': { target: 'greeting', reenter: true, actions: 'part' },
                'hello.new': { actions: ['meet', 'sayHello'] },
                'hello.known': { actions: 'sayHello' },
                'hello.known.answering': 'connected',
                'hello.known.unconnected': 'connected',
                'way.down': 'silent',
              },
            },
            connected: {
              id: 'connected',
              entry: 'connect',
              exit: 'pause',
              on: {
                ...newSession,
                ...parting,
                ...breaking,
                ...beginning,
                'hello.known': { actions: 'sayHello' },
                'hello.known.answering': { actions: 'resume' },
                'hello.known.unconnected': { actions: ['sayHello', 'resume'] },
                'hello.stranger': 'greeting',
                'peer.silent': { target: 'greeting', actions: 'part' },
                'way.down': { target: 'silent', actions: 'tellCut' },
              },
            },
            /** It carries nothing any more, until it begins anew: the way outlives it. */
            broken: {
              id: 'broken',
              on: {
                ...parting,
                ...beginning,
                'peer.silent': [
                  { guard: 'hasWay', target: 'greeting', actions: 'part' },
                  { target: 'silent', actions: 'part' },
                ],
                'hello.new': { target: 'greeting', actions: 'meet' },
                'hello.new.answering': { target: 'greeting', actions: 'meet' },
                'hello.known': { actions: 'sayBroken' },
                'hello.known.answering': { actions: 'sayBroken' },
                'hello.known.unconnected': { actions: 'sayBroken' },
                'peer.unaware': { actions: 'sayBroken' },
              },
            },
          },
        },
      },
    },
    /** Another life of the process acts in its place: final. */
    superseded: { entry: 'leave', type: 'final' },
    over: { id: 'over', entry: 'leave', type: 'final' },
  },
});
