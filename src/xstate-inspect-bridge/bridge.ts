import { Service, type DevTools } from './service.js';
import type { Redact } from './plain.js';
import type { ActorLike, ActorRefLike, InspectionEventLike, SnapshotLike } from './v5.js';

/** What a bridge is made with. */
export interface BridgeOptions {
  /** Is asked of everything before it leaves the program. */
  readonly redact?: Redact | undefined;
  /**
   * Where actors are made known; nothing, as long as nobody looks. Default: where the last `inspect()` of
   * `@xstate/inspect` has put itself, `globalThis.__xstate__`.
   */
  readonly devTools?: () => DevTools | undefined;
  /** Is told what went wrong while something was shown; the application goes on. Default: `console.warn`. */
  readonly onError?: ((error: unknown) => void) | undefined;
}

/** Something with actors by id, such as a network of xstate-panorama. */
export interface NetworkLike {
  readonly processes: Readonly<
    Record<
      string,
      {
        readonly id: string;
        readonly actor: ActorLike;
        /** Tells of the actor, and after each rollback of the one that replaces it. */
        readonly actor$?: { subscribe(next: (actor: ActorLike) => void): { unsubscribe(): void } };
      }
    >
  >;
}

/** Shows XState 5 actors to `@xstate/inspect`. */
export interface Bridge {
  /** An `inspect` callback for `createActor` of XState 5, or for whatever takes one. */
  readonly inspect: (event: unknown) => void;
  /**
   * Shows an actor, and all others of its system as they are heard of. Before `start()` nothing is missed.
   *
   * @param name What its system is called, default the actor's id: ids of its actors begin with it.
   * @returns Ends it: viewers are told that its actors are gone.
   */
  show(actor: ActorLike, name?: string): { unsubscribe(): void };
  /** Shows every process of a network; after a rollback the actors that replace them too: as `alice#2`, `alice#3`. */
  showNetwork(network: NetworkLike): { unsubscribe(): void };
  /** Makes known at once what has not been yet; otherwise that is done when something next happens. */
  register(): void;
}

/**
 * Creates a bridge from XState 5 to `@xstate/inspect`, which speaks XState 4.
 *
 * Every actor is made known as a service with its statechart in XState 4's terms; its events and states follow; what a viewer
 * sends goes to the actor. Actors of several systems do not collide: session ids begin with the system's name.
 */
export function createBridge(options: BridgeOptions = {}): Bridge {
  return new InspectBridge(options);
}

/** An actor that has not ended; its service is made when somebody looks. */
interface Living {
  readonly actor: ActorRefLike;
  readonly rootId: string;
  parent?: ActorRefLike | undefined;
  service?: Service;
}

class InspectBridge implements Bridge {
  /** What actor systems are called, and all names so far: no two have the same. */
  private readonly names = new WeakMap<object, string>();
  private readonly taken = new Set<string>();
  private readonly living = new Map<ActorRefLike, Living>();
  private readonly ended = new WeakSet<ActorRefLike>();

  constructor(private readonly options: BridgeOptions) {}

  readonly inspect = (event: unknown): void => {
    try {
      this.tell(event as InspectionEventLike);
    } catch (error) {
      this.warn(error);
    }
  };

  show(actor: ActorLike, name = actor.id): { unsubscribe(): void } {
    this.nameOf(actor.system, name);
    const watching = actor.system.inspect(this.inspect);
    return {
      unsubscribe: () => {
        watching.unsubscribe();
        this.leave((living) => living.actor.system === actor.system);
      },
    };
  }

  showNetwork({ processes }: NetworkLike): { unsubscribe(): void } {
    const endings = Object.values(processes).flatMap(({ id, actor, actor$ }) => {
      let shown: { unsubscribe(): void } | undefined;
      const show = (current: ActorLike) => {
        shown?.unsubscribe();
        shown = this.show(current, id);
      };
      const following = actor$ === undefined ? show(actor) : actor$.subscribe(show);
      return [() => following?.unsubscribe(), () => shown?.unsubscribe()];
    });
    return { unsubscribe: () => endings.forEach((end) => end()) };
  }

  register(): void {
    const devTools = this.devTools();
    if (devTools === undefined) return;
    for (const living of this.living.values()) this.serviceOf(living)?.registerWith(devTools);
  }

  private tell({ type, actorRef, sourceRef, rootId, event, snapshot }: InspectionEventLike): void {
    if (type !== '@xstate.event' && type !== '@xstate.snapshot') return;
    if (this.ended.has(actorRef)) return;
    const living = this.living.get(actorRef) ?? { actor: actorRef, rootId };
    this.living.set(actorRef, living);
    if (event!.type === 'xstate.init') living.parent = sourceRef;
    if (type === '@xstate.event') this.whenSeen(living, (service) => service.tellEvent(event!));
    else {
      this.whenSeen(living, (service) => service.tellSnapshot(snapshot, event!));
      if (!isActive(snapshot)) this.end(living);
    }
  }

  /** With its root a whole system ends, also those of its actors that say nothing. */
  private end({ actor, rootId }: Living): void {
    const isRoot = actor.sessionId === rootId;
    const left = this.leave((other) => other.actor === actor || (isRoot && other.actor.system === actor.system));
    for (const other of left) this.ended.add(other.actor);
  }

  /** Of these nothing more is told. */
  private leave(isMeant: (living: Living) => boolean): readonly Living[] {
    const left = [...this.living.values()].filter(isMeant);
    for (const { actor, service } of left) {
      service?.stop();
      this.living.delete(actor);
    }
    return left;
  }

  private whenSeen(living: Living, run: (service: Service) => void): void {
    const devTools = this.devTools();
    if (devTools === undefined) return living.service?.missSomething();
    const service = this.serviceOf(living);
    if (service === undefined) return;
    service.registerWith(devTools);
    run(service);
  }

  private devTools(): DevTools | undefined {
    const { devTools = globalDevTools } = this.options;
    return devTools();
  }

  private nameOf(system: object, asked: string): string {
    const known = this.names.get(system);
    if (known !== undefined) return known;
    let name = asked;
    for (let n = 2; this.taken.has(name); n++) name = `${asked}#${n}`;
    this.taken.add(name);
    this.names.set(system, name);
    return name;
  }

  /** An actor's service; nothing while the actor is being made and has no state yet. */
  private serviceOf(living: Living): Service | undefined {
    const { service, actor, rootId, parent } = living;
    if (service !== undefined || actor.getSnapshot() === undefined) return service;
    const { id = actor.sessionId } = actor;
    const isRoot = actor.sessionId === rootId;
    const name = this.nameOf(actor.system, isRoot ? id : rootId);
    return (living.service = new Service({
      id: isRoot ? name : `${name}/${id}`,
      sessionId: `${name}/${actor.sessionId}`,
      parent: parent && { sessionId: `${name}/${parent.sessionId}` },
      actor,
      redact: this.options.redact,
      onError: (error) => this.warn(error),
    }));
  }

  private warn(error: unknown): void {
    const { onError = (what: unknown) => console.warn('xstate-panorama-inspect-bridge:', what) } = this.options;
    onError(error);
  }
}

function isActive(snapshot: unknown): boolean {
  return ((snapshot ?? {}) as SnapshotLike).status === 'active';
}

function globalDevTools(): DevTools | undefined {
  return (globalThis as { readonly __xstate__?: DevTools }).__xstate__;
}
