/** Runs of any XState app, put together from its inspection events: each actor is a process, what they send each other are messages. */
import { createMachine, type EventObject, type InspectionEvent } from 'xstate';
import { expected } from '../checks.js';
import type { DistributiveOmit } from '../distributive-omit.js';
import { describeChart, type Chart } from './chart.js';
import { toPlain, type Redact } from './plain.js';
import { INSPECTOR_VERSION, type InspectorEvent } from './protocol.js';
import { viewState } from './state-view.js';

/** An inspection event as plain data: what `@statelyai/inspect` sends, one a line of JSON. */
export interface InspectionRecord {
  readonly type: string;
  readonly sessionId: string;
  /** Of an actor: what it is called. */
  readonly name?: string | undefined;
  /** Of an actor: its machine's config as JSON. */
  readonly definition?: string | undefined;
  /** Of an event: who sent it. */
  readonly sourceId?: string | undefined;
  readonly event?: EventObject | undefined;
  readonly snapshot?: unknown;
  /** Milliseconds since 1970, as a number or as text. */
  readonly createdAt?: number | string | undefined;
}

/** Actors and events taken of one file. */
const MOST_ACTORS = 2000;
const MOST_RECORDS = 1_000_000;

/**
 * Makes a record of an event of an `inspect` callback: `createActor(machine, { inspect: (event) => lines.push(JSON.stringify(
 * recordInspection(event))) })`. Nothing for events that no run is made of.
 */
export function recordInspection(event: InspectionEvent, redact?: Redact): InspectionRecord | undefined {
  if (event.type !== '@xstate.actor' && event.type !== '@xstate.event' && event.type !== '@xstate.snapshot') {
    return undefined;
  }
  const { sessionId, id, logic } = event.actorRef as { sessionId: string; id?: string; logic?: { config?: unknown } };
  const common = { type: event.type, sessionId, createdAt: Date.now() };
  if (event.type === '@xstate.actor') {
    const config = toPlain(logic?.config, redact);
    return { ...common, name: id, definition: config === undefined ? undefined : JSON.stringify(config) };
  }
  const plain = toPlain(event.event, redact) as EventObject;
  if (event.type === '@xstate.event') return { ...common, sourceId: event.sourceRef?.sessionId, event: plain };
  const { children: _, ...snapshot } = viewState(event.snapshot, redact);
  return { ...common, event: plain, snapshot };
}

/** Tells lines of inspection records from other files. */
export function isInspection(text: string): boolean {
  return /^\s*\{[^\n]*"type"\s*:\s*"@xstate\./.test(text.slice(0, 100_000));
}

/**
 * Parses lines of inspection records, and trusts nothing in them.
 *
 * @throws `invalid-file`, naming the line.
 */
export function parseInspection(text: string): InspectorEvent[] {
  const lines = text.split('\n').filter((line) => line.trim() !== '');
  if (lines.length > MOST_RECORDS) refuseLine(MOST_RECORDS + 1, `at most ${MOST_RECORDS} lines`, lines.length);
  return importInspection(lines.map((line, index) => parseRecord(line, index + 1)));
}

/** Makes a run of inspection records, in the order in which they happened. */
export function importInspection(records: readonly InspectionRecord[]): InspectorEvent[] {
  const known = records.filter(({ type }) => /^@xstate\.(actor|event|snapshot)$/.test(type));
  const names = namesOf(known);
  const nameOf = (sessionId: string) => names.get(sessionId)!;
  const channels = new Map<string, { id: string; from: string; to: string; count: number }>();
  const channelOf = (from: string, to: string) => {
    const id = `${from}->${to}`;
    const channel = channels.get(id) ?? { id, from, to, count: 0 };
    channels.set(id, channel);
    return channel;
  };
  const charts = new Map<string, Chart>();
  const told: Untold[] = [];
  for (const { type, sessionId, sourceId, definition, event, snapshot, createdAt } of known) {
    const process = nameOf(sessionId);
    const time = Number(createdAt ?? NaN);
    if (type === '@xstate.actor') {
      const chart = chartOf(definition);
      if (chart !== undefined) charts.set(process, chart);
    } else if (type === '@xstate.snapshot') {
      const { children: _, ...own } = Object(snapshot) as { readonly children?: unknown }; // references, of which nothing is left
      told.push({ type: 'step.ended', process, time, state: viewState(own, undefined) });
    } else if (event!.type === 'xstate.init') told.push({ type: 'process.started', process, time });
    else if (sourceId === undefined || sourceId === sessionId || !names.has(sourceId)) {
      told.push({ type: 'event.received', process, time, source: undefined, target: { path: [] }, event: event! });
    } else {
      // One call does both: XState has no time between a sending and its receipt.
      const from = nameOf(sourceId);
      const channel = channelOf(from, process);
      const seq = ++channel.count;
      const message = { channel: channel.id, seq, event: event!, time };
      told.push({ type: 'message.sent', process: from, ...message }, { type: 'message.received', process, ...message });
    }
  }
  const described: Untold = {
    type: 'network.described',
    time: told[0]?.time ?? NaN,
    version: INSPECTOR_VERSION,
    processes: [...new Set(names.values())].map((id) => {
      const chart = charts.get(id);
      return { id, ...(chart === undefined ? {} : { chart }) };
    }),
    channels: Array.from(channels.values(), ({ id, from, to }) => ({ id, from, to })),
    abilities: [],
  };
  return [described, ...told].map((event, n) => ({ ...event, n }) as InspectorEvent);
}

type Untold = DistributiveOmit<InspectorEvent, 'n'>;

/** What actors are called: by their own names, told apart where two have the same. */
function namesOf(records: readonly InspectionRecord[]): Map<string, string> {
  const own = new Map<string, string>();
  for (const { type, sessionId, name } of records) {
    if (type === '@xstate.actor' && typeof name === 'string') own.set(sessionId, name);
    else if (!own.has(sessionId)) own.set(sessionId, sessionId);
    if (own.size > MOST_ACTORS) refuseLine(0, `at most ${MOST_ACTORS} actors`, own.size);
  }
  const times = new Map<string, number>();
  for (const name of own.values()) times.set(name, (times.get(name) ?? 0) + 1);
  return new Map(Array.from(own, ([id, name]) => [id, times.get(name) === 1 ? name : `${name} (${id})`]));
}

function chartOf(definition: string | undefined): Chart | undefined {
  try {
    return definition === undefined ? undefined : describeChart(createMachine(JSON.parse(definition) as object));
  } catch {
    return undefined; // a config that was cut off, or none at all
  }
}

function parseRecord(line: string, number: number): InspectionRecord {
  let record: unknown;
  try {
    record = JSON.parse(line);
  } catch {
    return refuseLine(number, 'an inspection event as JSON', line);
  }
  const { type, sessionId, name, definition, sourceId, event } = Object(record) as Record<string, unknown>;
  if (typeof type !== 'string' || !type.startsWith('@xstate.'))
    return refuseLine(number, 'an XState inspection event', type);
  if (typeof sessionId !== 'string') return refuseLine(number, '`sessionId` to be text', sessionId);
  for (const text of [name, definition, sourceId]) {
    if (text !== undefined && text !== null && typeof text !== 'string')
      return refuseLine(number, 'names and ids to be text', text);
  }
  const isEvent = typeof (Object(event) as { type?: unknown }).type === 'string';
  if (type === '@xstate.event' && !isEvent) return refuseLine(number, '`event` to have a type', event);
  return record as InspectionRecord;
}

function refuseLine(line: number, what: string, got: unknown): never {
  return expected(line === 0 ? what : `${what} (line ${line})`, got, '', 'invalid-file');
}
