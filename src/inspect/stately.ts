/** Networks in Stately's inspector (`@statelyai/inspect`), which shows actors and the events between them. */
import { Observable, of, Subscription, switchMap } from 'rxjs';
import type { AnyActor, AnyActorRef, InspectionEvent } from 'xstate';
import { childrenOf, peerNameOf } from '../process/xstate-internals.js';
import type { TraceEvent } from '../trace.js';
import type { WatchedNetwork } from './local-source.js';
import { toPlain, type Redact } from './plain.js';
import type { InspectorEvent } from './protocol.js';
import { applyEvent, channelOf, emptyState } from './run/network-state.js';
import { viewState } from './state-view.js';

/** What is taken of an inspector of `@statelyai/inspect`, whatever its adapter. */
export interface StatelyInspector {
  readonly inspect: { next?(event: never): void };
}

/** What is shown of an actor. */
interface ActorCard {
  readonly id: string;
  readonly sessionId: string;
  readonly logic: unknown;
  /** Where that inspector looks for the parent. */
  readonly _parent?: { readonly sessionId: string } | undefined;
  getSnapshot(): unknown;
}

interface AnyEvent {
  readonly type: string;
}

/** A channel as a statechart: what the algorithm does with it. */
const channelChart = {
  initial: 'idle',
  states: {
    idle: { on: { 'channel.recording': 'recording', 'channel.done': 'done' } },
    recording: { on: { 'channel.done': 'done' } },
    done: { on: { 'snapshot.ended': 'idle' } },
  },
};

const supervisorChart = {
  initial: 'collecting',
  states: {
    collecting: { on: { 'state.recorded': {}, 'snapshot.completed': 'complete', 'snapshot.aborted': 'aborted' } },
    complete: { type: 'final' },
    aborted: { type: 'final' },
  },
};

/**
 * Shows a network in Stately's inspector: every actor of every process, each channel with what is on it, and the supervisor of
 * each snapshot. Before the network's `start()` nothing of it is missed.
 *
 * Ids begin with their process (`alice/x:0`), as each actor system counts its own; a channel has its own id (`alice->bob`), a
 * supervisor that of its snapshot. After a rollback the actors that replace those before are shown too (`alice#2/x:0`).
 *
 * @param stately What `createBrowserInspector`, `createWebSocketInspector` or another of `@statelyai/inspect` made.
 * @param options `redact` is asked of everything first.
 * @returns Unsubscribe to end it.
 */
export function showInStately(
  network: WatchedNetwork,
  stately: StatelyInspector,
  { redact }: { readonly redact?: Redact | undefined } = {},
): Subscription {
  const processes = Object.values(network.processes) as ShownProcess[];
  const stage: Stage = {
    show: (event) => stately.inspect.next?.(event as never),
    redact,
    roots: new Map(processes.map(({ id, actor }) => [id, sessionOf(id, actor)])),
    arriving: new Map(),
  };
  const shown = new Subscription();
  shown.add(showChannels(network, stage));
  for (const { id, actor, actor$ = of(actor) } of processes) {
    const show = (current: AnyActor, index: number) => {
      const system = index === 0 ? id : `${id}#${index + 1}`;
      return new Observable<never>(() => showProcess(id, system, current, stage));
    };
    shown.add(actor$.pipe(switchMap(show)).subscribe());
  }
  return shown;
}

/** A process, whose actor may be replaced. */
interface ShownProcess {
  readonly id: string;
  readonly actor: AnyActor;
  readonly actor$?: Observable<AnyActor>;
}

/** What both sides of the show know. */
interface Stage {
  show(event: object): void;
  readonly redact: Redact | undefined;
  /** By process: the session id of its root actor. */
  readonly roots: Map<string, string>;
  /** By process: the channel whose message it is about to take. */
  readonly arriving: Map<string, string>;
}

/** An actor system's own inspection events, under ids of the network. @param system What ids of its actors begin with. */
function showProcess(process: string, system: string, root: AnyActor, stage: Stage): { unsubscribe(): void } {
  const { show, redact } = stage;
  const cards = new Map<AnyActorRef, ActorCard>();
  const rootId = sessionOf(system, root);
  stage.roots.set(process, rootId);

  const cardOf = (actor: AnyActorRef, parent?: AnyActorRef): ActorCard => {
    const known = cards.get(actor);
    if (known !== undefined) return known;
    const card: ActorCard = {
      id: actor === root ? system : actor.id,
      sessionId: sessionOf(system, actor),
      logic: redactedLogic((actor as { readonly logic?: unknown }).logic, redact),
      _parent: parent && { sessionId: sessionOf(system, parent) },
      getSnapshot: () => look(actor.getSnapshot()),
    };
    cards.set(actor, card);
    show({ type: '@xstate.actor', actorRef: card, rootId });
    return card;
  };
  const look = (snapshot: unknown) => {
    const { children: _, ...view } = viewState(snapshot ?? {}, redact);
    return view;
  };
  const addAll = (actor: AnyActorRef, parent?: AnyActorRef): void => {
    cardOf(actor, parent);
    for (const child of Object.values(childrenOf(actor))) if (peerNameOf(child) === undefined) addAll(child, actor);
  };

  addAll(root);
  return root.system.inspect((event: InspectionEvent) => {
    const actor = event.actorRef as AnyActorRef;
    if (event.type === '@xstate.event') {
      if (peerNameOf(actor) !== undefined) return; // the channel tells of it
      const source = event.sourceRef as AnyActorRef | undefined;
      const actorRef = cardOf(actor, event.event.type === 'xstate.init' ? source : undefined);
      const sourceRef = source === undefined ? arrived(stage, process) : cardOf(source);
      show({ type: event.type, actorRef, sourceRef, event: toPlain(event.event, redact), rootId });
    } else if (event.type === '@xstate.snapshot') {
      const plain = { event: toPlain(event.event, redact), snapshot: look(event.snapshot) };
      show({ type: event.type, actorRef: cardOf(actor), ...plain, rootId });
    }
  });
}

/** A machine's config holds its initial context. */
function redactedLogic(logic: unknown, redact: Redact | undefined): unknown {
  const { config } = (logic ?? {}) as { readonly config?: unknown };
  return redact === undefined ? logic : { config: toPlain(config, redact) };
}

function sessionOf(system: string, { sessionId }: AnyActorRef): string {
  return `${system}/${sessionId}`;
}

/** The channel by which an event came that was sent by no actor of the process. */
function arrived({ arriving }: Stage, process: string): ActorCard | undefined {
  const channel = arriving.get(process);
  arriving.delete(process);
  return channel === undefined ? undefined : emptyCard(channel);
}

function emptyCard(id: string): ActorCard {
  return { id, sessionId: id, logic: undefined, getSnapshot: () => undefined };
}

/** The channels, and the supervisors of the snapshots under way. */
function showChannels({ topology, trace$ }: WatchedNetwork, { show, redact, roots, arriving }: Stage): Subscription {
  const state = emptyState();
  const cards = new Map<string, ActorCard>();
  const supervised = new Map<string, { initiators: readonly string[]; recorded: string[]; reason?: string }>();

  const add = (id: string, chart: object, getSnapshot: () => unknown): void => {
    const card = { id, sessionId: id, logic: { config: { id, ...chart } }, getSnapshot };
    cards.set(id, card);
    show({ type: '@xstate.actor', actorRef: card, rootId: id });
  };
  const tellState = (id: string, event: AnyEvent): void => {
    const actorRef = cards.get(id);
    if (actorRef !== undefined)
      show({ type: '@xstate.snapshot', actorRef, event, snapshot: actorRef.getSnapshot(), rootId: id });
  };
  const tell = (id: string, event: AnyEvent, process?: string): void => {
    const actorRef = cards.get(id);
    const sourceRef = process === undefined ? undefined : emptyCard(roots.get(process)!);
    if (actorRef !== undefined) show({ type: '@xstate.event', actorRef, sourceRef, event, rootId: id });
    tellState(id, event);
  };
  const lookAtChannel = (id: string) => {
    const { queued, lamps } = channelOf(state, id);
    const all = new Set(lamps.values());
    const value = all.has('recording') ? 'recording' : all.has('done') ? 'done' : 'idle';
    return { status: 'active', value, context: { queued } };
  };
  const supervise = (id: string, initiators: readonly string[]): void => {
    const supervision: { initiators: readonly string[]; recorded: string[]; reason?: string } = {
      initiators,
      recorded: [],
    };
    supervised.set(id, supervision);
    add(id, supervisorChart, () => ({ status: 'active', value: 'collecting', context: { ...supervision } }));
  };
  const endSupervision = (id: string, event: AnyEvent, value: string, reason?: string): void => {
    const context = { ...supervised.get(id), ...(reason === undefined ? {} : { reason }) };
    const card = cards.get(id) ?? emptyCard(id);
    cards.set(id, { ...card, getSnapshot: () => ({ status: 'done', value, context }) });
    tell(id, event);
    supervised.delete(id);
    cards.delete(id);
  };

  for (const { id } of topology) add(id, channelChart, () => lookAtChannel(id));
  return trace$.subscribe((event: TraceEvent) => {
    const before = new Set(state.channels.keys());
    if (event.type !== 'step.ended' && event.type !== 'network.rolled-back')
      applyEvent(state, event as unknown as InspectorEvent);
    switch (event.type) {
      case 'message.sent':
        return tell(event.channel, toPlain(event.event, redact) as AnyEvent, event.process);
      case 'message.received':
        arriving.set(event.process, event.channel);
        return tellState(event.channel, toPlain(event.event, redact) as AnyEvent);
      case 'marker.sent':
      case 'channel.recording':
      case 'channel.done':
        return tell(event.channel, { type: event.type }, event.type === 'marker.sent' ? event.process : undefined);
      case 'network.rolled-back': {
        const { channels } = event.snapshot;
        state.channels.clear();
        for (const [id, { messages }] of Object.entries(channels))
          state.channels.set(id, { queued: messages.length, lamps: new Map() });
        for (const { id } of topology) tell(id, { type: event.type });
        return;
      }
      case 'snapshot.begun':
        return supervise(event.snapshotId, event.initiators);
      case 'state.recorded':
        supervised.get(event.snapshotId)?.recorded.push(event.process);
        return tell(event.snapshotId, { type: event.type }, event.process);
      case 'snapshot.completed':
      case 'snapshot.aborted':
        for (const id of before) tell(id, { type: 'snapshot.ended' });
        return event.type === 'snapshot.completed'
          ? endSupervision(event.snapshotId, { type: event.type }, 'complete')
          : endSupervision(event.snapshotId, { type: event.type }, 'aborted', event.error.message);
      default:
    }
  });
}
