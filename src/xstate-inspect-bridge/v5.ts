/** What is taken of XState 5, by its shape alone: this package has no XState 5 and no peer on it. */

/** An XState 5 actor. */
export interface ActorLike {
  readonly id: string;
  readonly sessionId: string;
  getSnapshot(): unknown;
  send(event: never): void;
  readonly system: {
    inspect(observer: (event: unknown) => void): { unsubscribe(): void };
  };
}

/** The events of an XState 5 `inspect` callback, of which `@xstate.event` and `@xstate.snapshot` are looked at. */
export interface InspectionEventLike {
  readonly type: string;
  readonly rootId: string;
  readonly actorRef: ActorRefLike;
  readonly sourceRef?: ActorRefLike | undefined;
  readonly event?: EventLike;
  readonly snapshot?: unknown;
}

/** An actor of an inspection event. */
export interface ActorRefLike {
  readonly id?: string;
  readonly sessionId: string;
  readonly logic?: unknown;
  readonly system: object;
  getSnapshot(): unknown;
  send(event: never): void;
}

/** An event. */
export interface EventLike {
  readonly type: string;
}

/** A snapshot of any actor. */
export interface SnapshotLike {
  readonly status?: string;
  readonly value?: unknown;
  readonly context?: unknown;
  readonly output?: unknown;
  readonly error?: unknown;
}

/** A state of an XState 5 machine. */
export interface StateNodeLike {
  readonly id: string;
  readonly key: string;
  readonly type: string;
  readonly initial?: { readonly target?: readonly { readonly key: string }[] | undefined };
  readonly history: unknown;
  readonly states: Readonly<Record<string, StateNodeLike>>;
  readonly transitions: ReadonlyMap<string, readonly TransitionLike[]>;
  readonly always?: readonly TransitionLike[];
  readonly entry: readonly unknown[];
  readonly exit: readonly unknown[];
  readonly invoke: readonly { readonly id: string; readonly src: unknown }[];
  readonly tags: readonly string[];
  readonly meta?: unknown;
  readonly description?: string | undefined;
  readonly order: number;
  readonly config: { readonly target?: unknown };
}

/** A transition of an XState 5 machine. */
export interface TransitionLike {
  readonly target?: readonly { readonly id: string }[] | undefined;
  readonly eventType: string;
  readonly guard?: unknown;
  readonly actions: readonly unknown[];
  readonly reenter?: boolean;
  readonly description?: string | undefined;
}
