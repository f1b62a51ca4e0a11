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
import { PanoramaError } from '../errors.js';

interface ScheduledEvent {
  readonly source: AnyActorRef;
  readonly target: AnyActorRef;
  readonly event: EventObject;
  readonly delay: number;
  readonly id: string;
  startedAt: number;
}

interface System {
  [CHARGE]?: Charge;
  _relay(source: AnyActorRef | undefined, target: AnyActorRef, event: EventObject): void;
  _set(systemId: string, actor: AnyActorRef): void;
  _bookId(): string;
  _snapshot: { readonly _scheduledEvents: Record<string, ScheduledEvent> };
  get(systemId: string): AnyActorRef | undefined;
  getAll?(): Record<string, AnyActorRef>;
  start(): void;
  readonly scheduler: Scheduler;
}

interface Scheduler {
  schedule(source: AnyActorRef, target: AnyActorRef, event: EventObject, delay: number, id?: string): void;
  cancel(source: AnyActorRef, id: string): void;
  cancelAll(source: AnyActorRef): void;
}

interface Root {
  readonly id: string;
  readonly clock: AnyActor['clock'];
  readonly system: System;
  readonly observers: Set<{ error?: ((error: unknown) => void) | undefined }>;
  start(): unknown;
  stop(): unknown;
  _reportError(error: unknown): void;
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
  /** The root has failed. Returns whether that is taken care of: if not, XState reports it to the program. */
  failed(error: unknown): boolean;
  /** Within the outermost step of the root's start, when it has run: deliveries may begin. */
  started(): void;
  /** The peer of this name, if a channel leads to it. */
  peer(name: string): PeerHandle | undefined;
  /** A process of this name to which no channel leads; asked only when no other actor has the name. */
  stranger(name: string): PeerHandle | undefined;
  /** The names of all peers to which a channel leads. */
  peers(): Iterable<string>;
  /** The network's time in milliseconds; undefined when its clock does not tell. */
  now(): number | undefined;
}

/** Where an event goes that an actor of the process sends to a peer. */
export interface PeerHandle {
  /** Throws when this event could not be sent. A delayed send is checked as it is scheduled: later there would be no caller to catch it. */
  check(event: EventObject): void;
  send(event: EventObject): void;
}

/**
 * Runs something before the logic of a root actor starts, and after its system has put its own timers back: where the
 * logic is not wrapped, as the actor was made elsewhere.
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

/** Under which an actor system has what is in charge of it. */
const CHARGE = Symbol('xstate-panorama.charge');

const chargeOf = ({ system }: { readonly system: unknown }) => (system as System)[CHARGE]!;

/** What is in charge of an actor system: whom it tells, and what was there before. */
class Charge {
  readonly get: System['get'];
  readonly getAll: System['getAll'];
  readonly set: System['_set'];
  readonly relay: System['_relay'];
  readonly schedule: Scheduler['schedule'];
  readonly cancel: Scheduler['cancel'];
  readonly start: Root['start'];
  readonly stop: Root['stop'];
  readonly reportError: Root['_reportError'];
  /** Those who stand for peers that the system has met, by name; most systems never meet one. */
  proxies: Map<string, AnyActorRef> | undefined;
  /** How many delayed events were told from another pending one of the same id. */
  repeats = 0;
  /** How to stop waiting for those whose delay is longer than `setTimeout` takes; undefined before the first. */
  private stopLong: Map<string, () => void> | undefined;

  constructor(
    readonly root: Root,
    { get, getAll, _set, _relay, scheduler }: System,
    public hooks: SystemHooks,
  ) {
    this.get = get;
    this.getAll = getAll;
    this.set = _set;
    this.relay = _relay;
    this.schedule = scheduler.schedule;
    this.cancel = scheduler.cancel;
    this.start = root.start;
    this.stop = root.stop;
    this.reportError = root._reportError;
  }

  /** Another process goes on with the actor; those who stand for peers, and are known to the application, stand for its. */
  passTo(hooks: SystemHooks): void {
    this.hooks = hooks;
    for (const [name, proxy] of this.proxies ?? []) {
      const peer = hooks.peer(name);
      if (peer !== undefined) handles.set(proxy, peer);
    }
  }

  actorNamed(name: string): AnyActorRef | undefined {
    const known = this.proxies?.get(name);
    if (known !== undefined) return known;
    const peer = this.hooks.peer(name);
    const own = peer === undefined ? this.get(name) : undefined;
    if (own !== undefined) return own;
    const handle = peer ?? this.hooks.stranger(name);
    if (handle === undefined) return undefined;
    const proxy = createProxy(this.root, name, handle);
    (this.proxies ??= new Map()).set(name, proxy);
    return proxy;
  }

  scheduleTimer(source: AnyActorRef, target: AnyActorRef, event: EventObject, delay: number, id: string): void {
    if (delay <= MAX_DELAY_MS || givenClockOf(this.root) !== undefined) {
      return this.schedule(source, target, event, delay, id);
    }
    const key = timerKey(source, id);
    pendingOf(source)[key] = { source, target, event, delay, id, startedAt: Date.now() };
    const fire = () => {
      this.cancelTimer(source, id);
      relay(source, target, event);
    };
    (this.stopLong ??= new Map()).set(key, wait(delay, fire));
  }

  cancelTimer(source: AnyActorRef, id: string): void {
    const key = timerKey(source, id);
    this.stopLong?.get(key)?.();
    this.stopLong?.delete(key);
    this.cancel(source, id);
  }

  allActors(): Record<string, AnyActorRef> {
    const peers = Array.from(this.hooks.peers(), (name) => [name, this.actorNamed(name)!] as const);
    return { ...this.getAll!(), ...Object.fromEntries(peers) };
  }
}

/**
 * Takes charge of an actor system: steps are tracked, peers are found by `system.get`, timers know when they began.
 * Runs before the user's logic does anything, so that entry actions find their peers too.
 *
 * There may be many systems, so what takes the place of XState's own methods is the same in all of them; but for `get`
 * and `getAll`, which applications may call without the system before the dot.
 *
 * @param before Who was in charge of it, and is over.
 * @throws `invalid-argument` for the system of another process.
 */
export function adoptSystem(scope: ActorScope, hooks: SystemHooks, before?: SystemHooks): void {
  const system = scope.system as System;
  const root = scope.self as unknown as Root;
  if (before !== undefined && system[CHARGE]?.hooks === before) return system[CHARGE].passTo(hooks);
  if (system[CHARGE] !== undefined) {
    const error = `Expected an actor that is no process yet, got "${root.id}", which is one, or a part of one.`;
    throw new PanoramaError('invalid-argument', error);
  }
  const charge = new Charge(root, system, hooks);
  system[CHARGE] = charge;
  system.get = (name) => charge.actorNamed(name);
  if (system.getAll !== undefined) system.getAll = () => charge.allActors();
  system._set = setUnlessPeer;
  system._relay = relayWithinStep;
  Object.assign(system.scheduler, watchedScheduler);
  root.start = startWithinStep;
  root.stop = stopWithinStep;
  root._reportError = reportUnlessSeenTo;
}

function withinStep<T>(hooks: SystemHooks, run: () => T): T {
  hooks.enter();
  try {
    return run();
  } finally {
    hooks.leave();
  }
}

function startWithinStep(this: Root): unknown {
  chargeOf(this).hooks.mayStart(this as unknown as AnyActor); // who is in charge may be another then
  const { hooks, start } = chargeOf(this);
  return withinStep(hooks, () => {
    try {
      return start.call(this);
    } finally {
      hooks.started();
    }
  });
}

function stopWithinStep(this: Root): unknown {
  const { hooks, stop } = chargeOf(this);
  return withinStep(hooks, () => {
    hooks.stopping();
    return stop.call(this);
  });
}

function relayWithinStep(this: System, source: AnyActorRef | undefined, target: AnyActorRef, event: EventObject): void {
  const { hooks, relay } = this[CHARGE]!;
  hooks.enter(source, target, event);
  try {
    relay(source, target, event);
  } finally {
    hooks.leave();
  }
}

/**
 * Hears of the root's failure without being an observer: one with an `error` of its own would silence the failure for
 * everybody (docs/traps.md#finished-and-failed-processes). Where it is seen to, the application's own observers are told,
 * and no more.
 */
function reportUnlessSeenTo(this: Root, error: unknown): void {
  const { hooks, reportError } = chargeOf(this);
  if (hooks.failed(error)) {
    if (this.observers.size === 0) return;
    for (const observer of this.observers) observer.error ??= () => undefined;
  }
  reportError.call(this, error);
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

function setUnlessPeer(this: System, systemId: string, actor: AnyActorRef): void {
  const { hooks, set } = this[CHARGE]!;
  if (hooks.peer(systemId) !== undefined) {
    throw new Error(
      `Expected a \`systemId\` that is no peer's id, got "${systemId}": a channel leads from this process to a process of that id. Rename the child or the process.`,
    );
  }
  set(systemId, actor);
}

const proxyLogic = /* @__PURE__ */ fromTransition(() => undefined, undefined);

/** What stands behind each proxy. */
const handles = new WeakMap<AnyActorRef, PeerHandle>();

/** An actor that stands for a peer: what is sent to it goes on the channel. Made when first asked for: most never are. */
function createProxy(parent: Root, id: string, peer: PeerHandle): AnyActorRef {
  const options = { id, parent };
  const proxy = createActor(proxyLogic, options as object);
  (proxy as unknown as { _send(event: EventObject): void })._send = (event) => handles.get(proxy)!.send(event);
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

/** The pending delayed events of a system, by their keys. XState replaces the object as the system starts. */
const pendingOf = (actor: AnyActorRef) => systemOf(actor)._snapshot._scheduledEvents;

const timerKey = (source: AnyActorRef, id: string) => `${source.sessionId}.${id}`;

/**
 * Checks delayed sends to peers, and stamps timers with the clock's own time: XState takes `Date.now()`.
 *
 * XState keeps them by source and id: a second one of the same id hides the first, which still fires, but could not be
 * recorded. Here each has its own entry; `cancel` means the newest, as ever. In real time, one that is longer than
 * `setTimeout` takes is waited for here.
 */
const watchedScheduler: Scheduler = {
  schedule(source, target, event, delay, name = `${UNNAMED}${Math.random().toString(36).slice(2)}`) {
    const charge = chargeOf(source);
    handles.get(target)?.check(event);
    delayed.add(event);
    const id = timerKey(source, name) in pendingOf(source) ? `${name}${REPEAT}${++charge.repeats}` : name;
    charge.scheduleTimer(source, target, event, delay, id);
    const now = charge.hooks.now();
    if (now !== undefined) pendingOf(source)[timerKey(source, id)]!.startedAt = now;
  },
  cancel(source, name) {
    const charge = chargeOf(source);
    const isSame = (timer: ScheduledEvent) => timer.source === source && nameOfTimer(timer) === name;
    const id = charge.repeats === 0 ? name : Object.values(pendingOf(source)).findLast(isSame)?.id;
    charge.cancelTimer(source, id ?? name);
  },
  cancelAll(source) {
    for (const timer of pendingTimers(source))
      if (timer.source === source) chargeOf(source).cancelTimer(source, timer.id);
  },
};

/** The name of the peer that this actor stands for in its system, if it is a proxy. */
export function peerNameOf(actor: AnyActorRef): string | undefined {
  return systemOf(actor)[CHARGE]?.proxies?.get(actor.id) === actor ? actor.id : undefined;
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
export function pendingTimers(actor: AnyActorRef): readonly PendingTimer[] {
  return Object.values(pendingOf(actor));
}

/** Lets an event arrive as it would from a promise, a callback or a plain `send` (then without a source). */
export function relay(source: AnyActorRef | undefined, target: AnyActorRef, event: EventObject): void {
  (target.system as unknown as System)._relay(source, target, event);
}

/** Fires a pending delayed event now, whatever its delay. */
export function fireTimer({ source, target, event, id }: PendingTimer): void {
  chargeOf(source).cancelTimer(source, id);
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

/** What happens before an actor's first transition, before it is restored, and before it starts. */
export interface LogicHooks {
  adopt(scope: ActorScope): void;
  restored(scope: ActorScope, snapshot: unknown): void;
  starting(scope: ActorScope): void;
  /** What an actor that is made anew goes on from, in place of the logic's initial state. */
  persisted?(): unknown;
}

/** Under which wrapped logic has its hooks. */
const HOOKS = Symbol('xstate-panorama.hooks');

interface Wrapped {
  readonly [HOOKS]: LogicHooks;
}

/** Whether logic is wrapped: an actor of it is a process already. */
export function isProcessLogic(logic: object): boolean {
  return HOOKS in logic;
}

/** What all wrappers of the same logic have in common. */
const wrappers = new WeakMap<AnyActorLogic, object>();

/**
 * Wraps logic so that something happens before its first transition, before it is restored, and before it starts.
 * Everything else is the logic's own.
 */
export function wrapLogic<TLogic extends AnyActorLogic>(logic: TLogic, hooks: LogicHooks): TLogic {
  const wrapper = wrappers.get(logic) ?? createWrapper(logic);
  wrappers.set(logic, wrapper);
  return Object.assign(Object.create(wrapper) as TLogic, { [HOOKS]: hooks });
}

function createWrapper(logic: AnyActorLogic): object {
  function restoreSnapshot(this: Wrapped, persisted: unknown, scope: ActorScope): unknown {
    this[HOOKS].adopt(scope);
    reserveIds(scope.system as System, idsIn(persisted));
    const snapshot: unknown = logic.restoreSnapshot?.(persisted as never, scope as never) ?? persisted;
    this[HOOKS].restored(scope, snapshot);
    return snapshot;
  }
  return Object.create(logic, {
    // Bound: the logic may be an instance of a class with private fields.
    transition: { value: logic.transition.bind(logic) as unknown },
    getPersistedSnapshot: { value: logic.getPersistedSnapshot.bind(logic) as unknown },
    getInitialSnapshot: {
      value(this: Wrapped, scope: ActorScope, input: unknown) {
        const persisted = this[HOOKS].persisted?.();
        if (persisted !== undefined) return restoreSnapshot.call(this, persisted, scope);
        this[HOOKS].adopt(scope);
        return logic.getInitialSnapshot(scope as never, input as never);
      },
    },
    restoreSnapshot: { value: restoreSnapshot },
    // What else gives logic; of XState's own, machines alone have such a method.
    ...('provide' in logic && {
      provide: {
        value(this: Wrapped, implementations: never) {
          return wrapLogic((logic as unknown as AnyStateMachine).provide(implementations), this[HOOKS]);
        },
      },
    }),
    // React's hooks replace a machine's implementations at every rendering.
    implementations: {
      get: () => (logic as { implementations?: unknown }).implementations,
      set: (implementations) => ((logic as { implementations?: unknown }).implementations = implementations),
    },
    start: {
      value(this: Wrapped, snapshot: unknown, scope: ActorScope) {
        this[HOOKS].starting(scope);
        logic.start?.(snapshot as never, scope as never);
      },
    },
  }) as object;
}

/** Whether an actor has been started, and not stopped. */
export function isRunning(actor: AnyActor): boolean {
  const RUNNING = 1;
  return (actor as unknown as { readonly _processingStatus: number })._processingStatus === RUNNING;
}

/** Whether an actor was never started; or is as if, since React has stopped it for a while. */
export function isUnstarted(actor: AnyActor): boolean {
  const NOT_STARTED = 0;
  return (actor as unknown as { readonly _processingStatus: number })._processingStatus === NOT_STARTED;
}

/** The clock that an actor was given; undefined when it has XState's own, which is real time. */
export function givenClockOf(actor: Pick<AnyActor, 'clock'>): AnyActor['clock'] | undefined {
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
