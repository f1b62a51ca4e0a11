/** What the page knows and shows. */
import { batch, computed, signal } from '@preact/signals';
import { terminated, type Termination } from '../../detect/terminated.js';
import type { GlobalSnapshot } from '../../global-snapshot.js';
import { verifySnapshot } from '../../verify/verify-snapshot.js';
import type { InspectorEvent, ViewerCommand } from '../protocol.js';
import { cutAt, cutOfSnapshot, judgeCut, type Cut } from '../run/cut.js';
import type { SnapshotOfRun, Step } from '../run/model.js';
import { Run } from '../run/run.js';
import { witnessOf } from '../run/witness.js';

/** Where the events come from. */
export type Source = { readonly kind: 'none' } | { readonly kind: 'file'; readonly name: string } | LiveSource;

/** A network that runs elsewhere. */
export interface LiveSource {
  readonly kind: 'live';
  isConnected: boolean;
  send(command: ViewerCommand | RestoreFile): void;
}

/** As `network.restore`, with the text of a snapshot file: the server does not trust it, and parses it itself. */
export interface RestoreFile {
  readonly type: 'network.restore';
  readonly file: string;
}

/** A global snapshot that can be looked at: of the run, or of a file. */
export interface ShownSnapshot {
  readonly id: string;
  readonly title: string;
  readonly snapshot: GlobalSnapshot;
  /** Of the run: its colour. */
  readonly number: number | undefined;
}

/** The run is changed in place. */
export const run = new Run();
/** All events, as long as they are few enough to be saved. */
export const events: InspectorEvent[] = [];
const MOST_EVENTS = 200_000;

export const source = signal<Source>({ kind: 'none' });
/** Counts up, a few times a second at most, when the run has changed: panels that show it look again. */
export const tick = signal(0);
/** The step at which the past is looked at; undefined for the present. */
export const cursor = signal<number | undefined>(undefined);
/** The processes chosen: initiators of the next snapshot; the first of them is shown. */
export const chosen = signal<readonly string[]>([]);
export const chosenSnapshot = signal<string | undefined>(undefined);
export const ownCut = signal<Cut | undefined>(undefined);
export const hovered = signal<Step | undefined>(undefined);
export const notice = signal<{ readonly text: string; readonly isError: boolean } | undefined>(undefined);
/** Snapshots from files. */
export const files = signal<readonly ShownSnapshot[]>([]);
/** How the network is pictured, when it has a scene. */
export const picture = signal<'scene' | 'network'>('scene');
export const theme = signal<'light' | 'dark'>('light');

/** The step looked at. */
export const position = computed(() => (tick.value, cursor.value ?? run.lastIndex));
/** The step that is painted: the present goes on between two ticks, and to go back to the last one would take its time. */
export function stepPainted(): number {
  return cursor.value ?? run.lastIndex;
}

/** The state of the network there. */
export const stateShown = computed(() => run.stateAt(position.value));

/** All snapshots that can be looked at, the newest of the run first. */
export const snapshots = computed((): readonly ShownSnapshot[] => {
  void tick.value;
  const ofRun = [...run.snapshots.values()].reverse().flatMap(({ id, number, snapshot, initiators }) => {
    if (snapshot === undefined) return [];
    return [{ id, title: `#${number + 1}, begun by ${initiators.join(', ')}`, snapshot, number }];
  });
  return [...files.value, ...ofRun];
});

/** The snapshot that is shown. */
export const snapshotShown = computed(
  () => snapshots.value.find(({ id }) => id === chosenSnapshot.value) ?? snapshots.value[0],
);

/** The same as the run has it, when it is of the run. */
export function snapshotOfRun(id: string | undefined): SnapshotOfRun | undefined {
  return id === undefined ? undefined : run.snapshots.get(id);
}

/** The messages that cross the cut of the snapshot shown; not while one has a cut of one's own, which would be a tangle. */
export const crossing = computed(() => {
  void tick.value;
  if (ownCut.value !== undefined) return undefined;
  const of = snapshotOfRun(snapshotShown.value?.id);
  const cut = of && cutOfSnapshot(run, of);
  return cut === undefined ? undefined : judgeCut(run, cut);
});

/** What the properties that hold in the snapshot shown point at. */
export const witness = computed(() => witnessOf(snapshotOfRun(snapshotShown.value?.id)?.verdicts ?? []));

/** Why all is over in the snapshot shown, if it is; those who wait for ever are no such reason. */
export const termination = computed(() => {
  const snapshot = snapshotShown.value?.snapshot;
  const isInDoubt = snapshot === undefined || witness.value.processes.size > 0 || !verifySnapshot(snapshot).consistent;
  return isInDoubt ? undefined : (terminated()(snapshot) as Termination | undefined);
});

/** The processes that are at rest for good in the snapshot shown. */
export const atRest = computed(() => new Set([...witness.value.atRest, ...(termination.value?.passive ?? [])]));

/** The verdict on one's own cut. */
export const ownVerdict = computed(() => (void tick.value, ownCut.value && judgeCut(run, ownCut.value)));

let isTicking = false;
/** Milliseconds between two ticks at least; and how many times as long as one takes: the rest is for what moves. */
const TICK_EVERY_MS = 100;
const TICK_SHARE = 2;
const TICK_AT_LEAST_EVERY_MS = 500;
let tickMs = 0;

/** Takes events in. */
export function take(more: readonly InspectorEvent[]): void {
  for (const event of more) {
    if (event.type === 'network.described') {
      events.length = 0;
      batch(() => {
        cursor.value = undefined;
        chosen.value = event.processes.slice(0, 1).map(({ id }) => id);
        chosenSnapshot.value = undefined;
        ownCut.value = undefined;
      });
    } else if (event.type === 'command.failed') notice.value = { text: event.message, isError: true };
    else if (event.type === 'snapshot.aborted') notice.value = { text: event.message, isError: true };
    run.add(event);
    if (events.length < MOST_EVENTS) events.push(event);
  }
  if (isTicking) return;
  isTicking = true;
  // The more there is to show, the more seldom the panels are told: they sample, and do not fall behind.
  setTimeout(
    () => {
      isTicking = false;
      const begin = performance.now();
      tick.value++;
      setTimeout(() => (tickMs = performance.now() - begin)); // by then they have been rendered
    },
    Math.max(TICK_EVERY_MS, Math.min(TICK_AT_LEAST_EVERY_MS, tickMs * TICK_SHARE)),
  );
}

/** Sends a command to the network, if there is one. */
export function command(what: ViewerCommand | RestoreFile): void {
  if (source.value.kind === 'live') source.value.send(what);
}

/** Whether the network can do this. */
export function can(ability: (typeof run.network.abilities)[number]): boolean {
  void tick.value;
  return source.value.kind === 'live' && run.network.abilities.includes(ability);
}

/** Goes to a step of the past, or back to the present. */
export function goTo(index: number | undefined): void {
  if (index === undefined || index >= run.lastIndex)
    cursor.value = source.value.kind === 'live' ? undefined : run.lastIndex;
  else cursor.value = Math.max(run.firstIndex, index);
}

/** What the space–time diagram is to show as a whole: from this step to that; once. */
export const shownRange = signal<{ readonly from: number; readonly to: number } | undefined>(undefined);

/** Shows a snapshot's cut, from the first recorded state to the last. */
export function showCut(id: string): void {
  const indices = Array.from(run.snapshots.get(id)?.recorded.values() ?? [], ({ index }) => index);
  if (indices.length === 0) return;
  batch(() => {
    chosenSnapshot.value = id;
    goTo(Math.max(...indices));
    shownRange.value = { from: Math.min(...indices), to: Math.max(...indices) };
  });
}

/** Begins a cut of one's own where one looks. */
export function beginCut(): void {
  ownCut.value = cutAt(run, position.value);
}
