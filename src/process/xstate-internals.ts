/**
 * The one file that knows XState's less documented sides: the relay, the scheduler and its scheduled events, proxies'
 * parent. XState 6 changes exactly these; moving to it should mean rewriting this file.
 */
import {
  createActor,
  fromTransition,
  isMachineSnapshot,
  toObserver,
  type Snapshot,
  type AnyActor,
  type AnyActorLogic,
  type AnyActorRef,
  type AnyStateMachine,
  type EventObject,
  type Subscription,
} from 'xstate';
import { MAX_DELAY_MS, wait } from '../clock.js';

interface ScheduledEvent {
  readonly source: AnyActorRef;
  readonly target: AnyActorRef;
  readonly event: EventObject;
  readonly delay: number;
  readonly id: string;
  startedAt: number;
}

interface System {
  _relay(source: AnyActorRef | undefined, target: AnyActorRef, event: EventObject): void;
  _set(systemId: string, actor: AnyActorRef): void;
  _bookId(): string;
  _snapshot: { readonly _scheduledEvents: Record<string, ScheduledEvent> };
  get(systemId: string): AnyActorRef | undefined;
  getAll?(): Record<string, AnyActorRef>;
  start(): void;
  readonly scheduler: {
    schedule(source: AnyActorRef, target: AnyActorRef, event: EventObject, delay: number, id?: string): void;
    cancel(source: AnyActorRef, id: string): void;
    cancelAll(source: AnyActorRef): void;
  };
}

/** A root actor as the wrapper of its logic meets it, before the logic's own initial transition. */
export interface ActorScope {
  readonly self: AnyActor;
  readonly system: unknown;
}

const systemOf = (actor: AnyActorRef) => actor.system as unknown as System;

/**
 * Keeps ids that are taken from being given anew. A child that was spawned without an id has its session's, `x:7`; a new
 * program counts from `x:0` again, and a later child would silently take the restored one's place.
 */
function reserveIds(system: System, taken: ReadonlySet<string>): void {
  const book = system._bookId;
  system._bookId = () => {
    let id = book();
    while (taken.has(id)) id = book();
    return id;
  };
}

/** The ids of all descendants in a persisted snapshot. */
function idsIn(persisted: unknown, ids = new Set<string>()): Set<string> {
  const { children = {} } = persisted as { readonly children?: Record<string, { readonly snapshot: unknown }> };
  for (const [id, child] of Object.entries(children)) idsIn(child.snapshot, ids.add(id));
  return ids;
}

/** Whether a value is a live reference to an actor. */
export function isActorRef(value: object): value is AnyActorRef {
  return 'sessionId' in value && 'send' in value && 'ref' in value;
}

/** What the owner of a process does around its actor system's life. */
export interface SystemHooks {
  /** Around every send, start and stop: between them the system is in the middle of a step. A send tells what is sent. */
  enter(source?: AnyActorRef, target?: AnyActorRef, event?: EventObject): void;
  leave(): void;
  /** Before the root is started. Throws when it may not be. */
  mayStart(root: AnyActor): void;
  /** Within the step in which the root is stopped, before it is. */
  stopping(): void;
  /** The root has failed. Returns whether somebody sees to it: else XState lets the program hear of it. */
  failed(error: unknown): boolean;
  /** Within the outermost step of the root's start, when it has run: deliveries may begin. */
  started(): void;
  /** The peer of this name, if a channel leads to it. */
  peer(name: string): PeerHandle | undefined;
  /** A process of this name to which no channel leads; asked only when nobody else has the name. */
  stranger(name: string): PeerHandle | undefined;
  /** The names of all peers to which a channel leads. */
  peers(): Iterable<string>;
  /** The network's time in milliseconds; undefined when its clock does not tell. */
  now: (() => number) | undefined;
}

/** Where an event goes that an actor of the process sends to a peer. */
export interface PeerHandle {
  /** Throws when this event could not be sent. A delayed send is checked as it is scheduled: later nobody could catch it. */
  check(event: EventObject): void;
  send(event: EventObject): void;
}

/**
 * Runs something before the logic of a root actor starts, and after its system has put its own timers back: where the
 * logic is not wrapped, as the actor was made by somebody else.
 *
 * @param persisted What the actor was made of.
 */
export function beforeLogicStarts(root: AnyActor, persisted: unknown, run: () => void): void {
  const system = root.system as unknown as System;
  reserveIds(system, idsIn(persisted));
  const start = system.start;
  system.start = () => {
    start();
    run();
  };
}

/**
 * Takes charge of an actor system: steps are tracked, peers are found by `system.get`, timers know when they began.
 * Runs before the user's logic does anything, so that entry actions find their peers too.
 */
export function adoptSystem(scope: ActorScope, hooks: SystemHooks): void {
  const system = scope.system as System;
  trackSteps(scope.self, system, hooks);
  providePeers(scope.self, system, hooks);
  watchTimers(scope.self, system, hooks);
  watchFailure(scope.self, hooks);
}

interface FailingActor {
  readonly observers: Set<{ error?: ((error: unknown) => void) | undefined }>;
  _reportError(error: unknown): void;
}

/**
 * Hears of the root's failure without being an observer: one with an `error` of its own would silence the failure for
 * everybody (docs/traps.md#finished-and-failed-processes). Where it is seen to, the application's own observers are told,
 * and no more.
 */
function watchFailure(root: AnyActor, { failed }: SystemHooks): void {
  const actor = root as unknown as FailingActor;
  const report = actor._reportError.bind(actor);
  actor._reportError = (error) => {
    if (!failed(error)) return report(error);
    for (const observer of actor.observers) observer.error ??= () => undefined;
    if (actor.observers.size > 0) report(error);
  };
}

/**
 * Lets an actor that is restored as failed tell its error to those who ask for it, and to them alone: to whoever subscribes
 * without asking, XState rethrows it.
 */
export function silenceFailure(root: AnyActor): void {
  const subscribe = root.subscribe.bind(root) as (observer: object) => Subscription;
  root.subscribe = (...args: Parameters<typeof toObserver>) => {
    const observer = toObserver(...args);
    observer.error ??= () => undefined;
    return subscribe(observer);
  };
}

function trackSteps(root: AnyActor, system: System, { enter, leave, mayStart, started, stopping }: SystemHooks): void {
  const within = <T>(run: () => T) => {
    enter();
    try {
      return run();
    } finally {
      leave();
    }
  };
  const start = root.start.bind(root);
  const stop = root.stop.bind(root);
  root.stop = () =>
    within(() => {
      stopping();
      return stop();
    });
  root.start = () => {
    mayStart(root);
    return within(() => {
      try {
        return start();
      } finally {
        started();
      }
    });
  };
  const relay = system._relay;
  system._relay = (source, target, event) => {
    enter(source, target, event);
    try {
      relay(source, target, event);
    } finally {
      leave();
    }
  };
}

const proxyLogic = /* @__PURE__ */ fromTransition(() => undefined, undefined);

/** What stands behind each proxy. */
const handles = new WeakMap<AnyActorRef, PeerHandle>();

/** The peers that an actor's system has met, by their proxies. */
const proxiesOf = new WeakMap<object, Map<string, AnyActorRef>>();

function providePeers(root: AnyActor, system: System, hooks: SystemHooks): void {
  const proxies = new Map<string, AnyActorRef>();
  proxiesOf.set(system, proxies);
  const get = system.get;
  system.get = (name) => {
    const known = proxies.get(name);
    if (known !== undefined) return known;
    const peer = hooks.peer(name);
    const own = peer === undefined ? get(name) : undefined;
    if (own !== undefined) return own;
    const handle = peer ?? hooks.stranger(name);
    if (handle === undefined) return undefined;
    const proxy = createProxy(root, name, handle);
    proxies.set(name, proxy);
    return proxy;
  };
  const getAll = system.getAll;
  if (getAll !== undefined) {
    system.getAll = () => ({
      ...getAll(),
      ...Object.fromEntries(Array.from(hooks.peers(), (name) => [name, system.get(name)!])),
    });
  }
  const set = system._set;
  system._set = (systemId, actor) => {
    if (hooks.peer(systemId) !== undefined) {
      throw new Error(
        `Expected a \`systemId\` that is no peer's id, got "${systemId}": a channel leads from this process to a process of that id. Rename the child or the process.`,
      );
    }
    set(systemId, actor);
  };
}

/** An actor that stands for a peer: what is sent to it goes on the channel. Made when first asked for: most never are. */
function createProxy(parent: AnyActor, id: string, peer: PeerHandle): AnyActorRef {
  const options = { id, parent };
  const proxy = createActor(proxyLogic, options);
  (proxy as unknown as { _send(event: EventObject): void })._send = (event) => peer.send(event);
  handles.set(proxy, peer);
  return proxy;
}

/** Every event that was ever sent with a delay: what begins a step and is among them is a timer that fired. */
const delayed = new WeakSet<EventObject>();

/** Whether an event with which a step begins is that of a timer. */
export function isDelayed(event: EventObject): boolean {
  return delayed.has(event);
}

/** The ids on the way from the root of its system to an actor. */
export function pathOf(actor: AnyActorRef): string[] {
  const { _parent: parent } = actor as unknown as { readonly _parent: AnyActorRef | undefined };
  return parent === undefined ? [] : [...pathOf(parent), actor.id];
}

/** How the ids begin that delayed sends get which the application did not name. */
const UNNAMED = 'xstate-panorama.delayed.';

/** Whether a delayed send was given its id at random: the application cannot cancel it by that, nor know it. */
export function isUnnamed(timerId: string): boolean {
  return timerId.startsWith(UNNAMED);
}

/** Such an id that tells nothing of the run. */
export const unnamedId = (index: number) => `${UNNAMED}${index}`;

/** Stands between the id of a delayed send and the number that tells it from another pending one of the same id. */
const REPEAT = '\u0000';

/** The id under which the application knows a pending delayed event. */
export function nameOfTimer({ id }: { readonly id: string }): string {
  return id.split(REPEAT, 1)[0]!;
}

/** How each system cancels exactly one pending delayed event. */
const cancelOf = new WeakMap<object, (source: AnyActorRef, id: string) => void>();

/**
 * Checks delayed sends to peers, and stamps timers with the clock's own time: XState takes `Date.now()`.
 *
 * XState keeps them by source and id: a second one of the same id hides the first, which still fires, but could not be
 * recorded. Here each has its own entry; `cancel` means the newest, as ever. In real time, one that is longer than
 * `setTimeout` takes is waited for here.
 */
function watchTimers(root: AnyActor, system: System, { now }: SystemHooks): void {
  const { scheduler } = system;
  const { schedule: scheduleShort, cancel: cancelShort } = scheduler;
  const isRealTime = givenClockOf(root) === undefined;
  const pending = () => system._snapshot._scheduledEvents; // XState replaces it as the system starts
  const keyOf = (source: AnyActorRef, id: string) => `${source.sessionId}.${id}`;
  const stopLong = new Map<string, () => void>();
  let repeats = 0;
  const cancel = (source: AnyActorRef, id: string) => {
    const key = keyOf(source, id);
    stopLong.get(key)?.();
    stopLong.delete(key);
    cancelShort(source, id);
  };
  const scheduleLong = (source: AnyActorRef, target: AnyActorRef, event: EventObject, delay: number, id: string) => {
    const key = keyOf(source, id);
    pending()[key] = { source, target, event, delay, id, startedAt: Date.now() };
    const fire = () => {
      cancel(source, id);
      system._relay(source, target, event);
    };
    stopLong.set(key, wait(delay, fire));
  };
  cancelOf.set(system, cancel);
  scheduler.schedule = (source, target, event, delay, name = `${UNNAMED}${Math.random().toString(36).slice(2)}`) => {
    handles.get(target)?.check(event);
    delayed.add(event);
    const id = keyOf(source, name) in pending() ? `${name}${REPEAT}${++repeats}` : name;
    if (isRealTime && delay > MAX_DELAY_MS) scheduleLong(source, target, event, delay, id);
    else scheduleShort(source, target, event, delay, id);
    if (now !== undefined) pending()[keyOf(source, id)]!.startedAt = now();
  };
  scheduler.cancel = (source, name) => {
    const isSame = (timer: ScheduledEvent) => timer.source === source && nameOfTimer(timer) === name;
    cancel(source, repeats === 0 ? name : (Object.values(pending()).findLast(isSame)?.id ?? name));
  };
  scheduler.cancelAll = (source) => {
    for (const timer of Object.values(pending())) if (timer.source === source) cancel(source, timer.id);
  };
}

/** The name of the peer that this actor stands for in its system, if it is a proxy. */
export function peerNameOf(actor: AnyActorRef): string | undefined {
  return proxiesOf.get(actor.system)?.get(actor.id) === actor ? actor.id : undefined;
}

/** A pending delayed event, between live actors. */
export interface PendingTimer {
  readonly source: AnyActorRef;
  readonly target: AnyActorRef;
  readonly event: EventObject;
  readonly id: string;
  /** When it began, in the time of the network's clock. */
  readonly startedAt: number;
  readonly delay: number;
}

/** The pending delayed events of an actor's system, in the order in which they began. */
export function pendingTimers(root: AnyActor): readonly PendingTimer[] {
  return Object.values(systemOf(root)._snapshot._scheduledEvents);
}

/** Lets an event arrive as it would from a promise, a callback or a plain `send` (then without a source). */
export function relay(source: AnyActorRef | undefined, target: AnyActorRef, event: EventObject): void {
  (target.system as unknown as System)._relay(source, target, event);
}

/** Fires a pending delayed event now, whatever its delay. */
export function fireTimer({ source, target, event, id }: PendingTimer): void {
  cancelOf.get(source.system)?.(source, id);
  relay(source, target, event);
}

/** Puts a pending delayed event back; exiting the state, or stopping its source, cancels it as ever. */
export function armTimer(timer: Omit<PendingTimer, 'startedAt'>): void {
  systemOf(timer.source).scheduler.schedule(timer.source, timer.target, timer.event, timer.delay, timer.id);
}

/** The children of an actor, by id; none for logic that cannot have any. */
export function childrenOf(actor: AnyActorRef): Readonly<Record<string, AnyActorRef>> {
  const snapshot = actor.getSnapshot() as { readonly children?: Readonly<Record<string, AnyActorRef>> };
  return snapshot.children ?? {};
}

/** The name in its parent's `setup({ actors })` under which a child was made; undefined for inline logic, which has none. */
export function sourceNameOf(child: AnyActorRef): string | undefined {
  return typeof child.src === 'string' ? child.src : undefined;
}

/**
 * Whether an actor does something on its own account, as promises, callbacks and observables do: it is no function of the
 * events that come in. Of such logic only machines and transition functions have nothing but transitions.
 */
export function actsByItself(
  actor: AnyActorRef,
  logic: unknown = (actor as unknown as PersistableActor).logic,
): boolean {
  const snapshot = actor.getSnapshot() as Snapshot<unknown>;
  if (snapshot.status !== 'active' || isMachineSnapshot(snapshot)) return false;
  return typeof (logic as { readonly start?: unknown }).start === 'function';
}

interface PersistableActor {
  readonly logic: { getPersistedSnapshot(snapshot: unknown): Snapshot<unknown> };
  readonly systemId: string | undefined;
  readonly _syncSnapshot: boolean | undefined;
}

/** Copies a part of an actor's persisted snapshot: its context, which may refer to actors, or all the rest. */
export type CopyPart = (part: unknown, actor: AnyActorRef, isContext: boolean) => unknown;

/**
 * An actor's persisted snapshot, in the shape that XState gives it. XState's own walks the contexts too, for ever where
 * they have cycles, and takes a peer's proxy for a child: contexts are the caller's.
 */
export function persistActor(actor: AnyActorRef, copy: CopyPart): Snapshot<unknown> {
  const snapshot = actor.getSnapshot() as Snapshot<unknown>;
  const { logic } = actor as unknown as PersistableActor;
  const isMachine = isMachineSnapshot(snapshot);
  const persisted = logic.getPersistedSnapshot(isMachine ? { ...snapshot, context: {}, children: {} } : snapshot);
  const { context, ...rest } = (isMachine ? { ...persisted, context: snapshot.context as unknown } : persisted) as {
    readonly context?: unknown;
  };
  return {
    ...(copy(rest, actor, false) as Snapshot<unknown>),
    ...('context' in persisted && { context: copy(context, actor, true) }),
    ...(isMachine && { children: persistChildren(actor, copy) }),
  };
}

function persistChildren(actor: AnyActorRef, copy: CopyPart): Record<string, unknown> {
  const children = Object.entries(childrenOf(actor)).map(([id, child]) => {
    const { systemId, _syncSnapshot: syncSnapshot } = child as unknown as PersistableActor;
    return [id, { snapshot: persistActor(child, copy), src: child.src, systemId, syncSnapshot }] as const;
  });
  return Object.fromEntries(children);
}

/**
 * Wraps logic so that something happens before its first transition, before it is restored, and before it starts.
 * Everything else is the logic's own.
 */
export function wrapLogic<TLogic extends AnyActorLogic>(
  logic: TLogic,
  hooks: {
    adopt(scope: ActorScope): void;
    restored(scope: ActorScope, snapshot: unknown): void;
    starting(scope: ActorScope): void;
    /** What an actor that is made anew goes on from, in place of the logic's initial state. */
    persisted?(): unknown;
  },
): TLogic {
  const restore = (persisted: unknown, scope: ActorScope): unknown => {
    hooks.adopt(scope);
    reserveIds(scope.system as System, idsIn(persisted));
    const snapshot: unknown = logic.restoreSnapshot?.(persisted as never, scope as never) ?? persisted;
    hooks.restored(scope, snapshot);
    return snapshot;
  };
  return Object.create(logic, {
    // Bound: the logic may be an instance of a class with private fields.
    transition: { value: logic.transition.bind(logic) as unknown },
    getPersistedSnapshot: { value: logic.getPersistedSnapshot.bind(logic) as unknown },
    getInitialSnapshot: {
      value(scope: ActorScope, input: unknown) {
        const persisted = hooks.persisted?.();
        if (persisted !== undefined) return restore(persisted, scope);
        hooks.adopt(scope);
        return logic.getInitialSnapshot(scope as never, input as never);
      },
    },
    restoreSnapshot: { value: restore },
    // What else gives logic; of XState's own, machines alone have such a method.
    ...('provide' in logic && {
      provide: {
        value: (implementations: never) =>
          wrapLogic((logic as unknown as AnyStateMachine).provide(implementations), hooks),
      },
    }),
    // React's hooks replace a machine's implementations at every rendering.
    implementations: {
      get: () => (logic as { implementations?: unknown }).implementations,
      set: (implementations) => ((logic as { implementations?: unknown }).implementations = implementations),
    },
    start: {
      value(snapshot: unknown, scope: ActorScope) {
        hooks.starting(scope);
        logic.start?.(snapshot as never, scope as never);
      },
    },
  }) as TLogic;
}

/** Whether an actor has been started, and not stopped. */
export function isRunning(actor: AnyActor): boolean {
  const RUNNING = 1;
  return (actor as unknown as { readonly _processingStatus: number })._processingStatus === RUNNING;
}

/** The clock that an actor was given; undefined when it has XState's own, which is real time. */
export function givenClockOf(actor: AnyActor): AnyActor['clock'] | undefined {
  realClock ??= findRealClock();
  return actor.clock === realClock ? undefined : actor.clock;
}

let realClock: AnyActor['clock'] | undefined;

/** XState exports its clock nowhere. A root actor has it, and would use up a session id, by which people know actors. */
function findRealClock(): AnyActor['clock'] {
  const system = { _bookId: () => '', _sendInspectionEvent: () => undefined };
  const parent = { system } as unknown as AnyActor;
  const { options } = createActor(proxyLogic, { parent } as object);
  return (options as unknown as { readonly clock: AnyActor['clock'] }).clock;
}
