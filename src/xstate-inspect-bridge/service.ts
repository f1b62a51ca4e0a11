/** One XState 5 actor, dressed as a service of XState 4. */
import { createMachine, State, toSCXMLEvent, type AnyStateMachine } from 'xstate';
import { describeLogic, eventTypeOf, type Definition, type Described } from './definition.js';
import { toJson, type Redact } from './plain.js';
import type { ActorRefLike, EventLike, SnapshotLike } from './v5.js';

/** A state of XState 4 as JSON. */
export type StateJson = Readonly<Record<string, unknown>>;

/** Where services are made known: what `inspect` of `@xstate/inspect` calls `devTools`. */
export interface DevTools {
  register(service: Service): void;
}

/** What a service is made of. */
export interface ServiceSpec {
  readonly id: string;
  readonly sessionId: string;
  readonly parent: { readonly sessionId: string } | undefined;
  readonly actor: ActorRefLike;
  readonly redact: Redact | undefined;
  /** Is told of events of viewers that are none. */
  onError(error: unknown): void;
}

/** Events by which XState itself starts and stops an actor: no viewer may send them. */
const RESERVED = /^xstate\.(init|stop)$/;

/** What `@xstate/inspect` looks at of a service. */
export class Service {
  readonly id: string;
  readonly sessionId: string;
  readonly parent: ServiceSpec['parent'];
  readonly machine: { readonly definition: Definition; toJSON(): Definition };
  private readonly described: Described;
  private readonly resolver: AnyStateMachine;
  private readonly listeners = new Set<(state: StateJson) => void>();
  private readonly stopListeners = new Set<() => void>();
  private readonly known = new WeakSet<DevTools>();
  /** Whether `send` tells of an event that the actor has had, rather than sends one. */
  private isTelling = false;
  /** An event on its way to the actor of which viewers know already. */
  private expected: EventLike | undefined;
  private shown: StateJson | undefined;
  private isStopped = false;

  constructor(private readonly spec: ServiceSpec) {
    const { id, sessionId, parent, actor, redact } = spec;
    this.id = id;
    this.sessionId = sessionId;
    this.parent = parent;
    this.described = describeLogic(actor.logic, id, redact);
    const { definition } = this.described;
    this.machine = { definition, toJSON: () => definition };
    this.resolver = createMachine(definition as never);
  }

  get state(): StateJson {
    return (this.shown ??= this.stateOf(this.spec.actor.getSnapshot(), { type: 'xstate.init' }));
  }

  get initialState(): StateJson {
    return this.state;
  }

  /** Makes it known there, once. */
  registerWith(devTools: DevTools): void {
    if (this.known.has(devTools)) return;
    this.known.add(devTools);
    devTools.register(this);
  }

  /** The actor has had an event. */
  tellEvent(event: EventLike): void {
    if (event === this.expected) return;
    this.isTelling = true;
    try {
      this.send(this.rename(event));
    } finally {
      this.isTelling = false;
    }
  }

  /** The actor has gone on to a snapshot. */
  tellSnapshot(snapshot: unknown, event: EventLike): void {
    this.shown = this.stateOf(snapshot, event);
    for (const listener of this.listeners) listener(this.shown);
  }

  /** Something happened while nobody looked: the state that was shown last is not the actor's any more. */
  missSomething(): void {
    this.shown = undefined;
  }

  /** The actor has ended. */
  stop(): void {
    this.isStopped = true;
    for (const listener of this.stopListeners) listener();
  }

  /**
   * Sends an event of a viewer's to the actor. Inspectors put themselves in its place, to see what comes in.
   *
   * @param event An SCXML event of XState 4, or a bare one.
   */
  send(event: unknown): void {
    if (this.isTelling || this.isStopped) return;
    const { $$type, data } = Object(event) as { readonly $$type?: unknown; readonly data?: unknown };
    const sent = Object($$type === 'scxml' ? data : event) as Record<string, unknown>;
    const { type } = sent;
    if (typeof type !== 'string' || RESERVED.test(type)) {
      const got = JSON.stringify(type);
      this.spec.onError(new TypeError(`Expected an event that a viewer may send to "${this.id}", got type ${got}.`));
      return;
    }
    this.expected = { ...sent, type: this.described.eventTypes.get(type) ?? type };
    try {
      this.spec.actor.send(this.expected as never);
    } finally {
      this.expected = undefined;
    }
  }

  subscribe(listener: (state: StateJson) => void): { unsubscribe(): void } {
    this.listeners.add(listener);
    return { unsubscribe: () => void this.listeners.delete(listener) };
  }

  onStop(listener: () => void): this {
    this.stopListeners.add(listener);
    return this;
  }

  private rename(event: EventLike): EventLike {
    const type = [...this.described.eventTypes].find(([, v5]) => v5 === event.type)?.[0] ?? eventTypeOf(event.type);
    return { ...(toJson(event, this.spec.redact) as object), type };
  }

  private stateOf(snapshot: unknown, event: EventLike): StateJson {
    const { status = 'active', value, context, output, error } = Object(snapshot) as SnapshotLike;
    const isMachine = value !== undefined;
    const shown = isMachine ? context : { context, output, error };
    const state = this.resolver.resolveState(
      State.from((isMachine ? toJson(value, undefined) : status) as string, toJson(shown, this.spec.redact)),
    );
    const renamed = this.rename(event);
    return {
      ...(state.toJSON() as unknown as StateJson),
      event: renamed,
      _event: toSCXMLEvent(renamed),
      _sessionid: this.sessionId,
      changed: true,
      done: status !== 'active',
    };
  }
}
