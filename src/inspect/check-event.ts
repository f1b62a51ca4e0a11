/** What the events of a file must be, so that drawing them needs no further checks. */
import { expected, isRecord } from '../checks.js';
import type { InspectorEvent } from './protocol.js';
import { isScene } from './scene.js';

type Check = (value: unknown) => boolean;

const isText: Check = (value) => typeof value === 'string' && value.length <= 10_000;
const isNumber: Check = (value) => typeof value === 'number';
const isCount: Check = (value) => Number.isSafeInteger(value) && (value as number) >= 0;
const isListOf =
  (check: Check): Check =>
  (value) =>
    Array.isArray(value) && value.every(check);
const isRecordOf =
  (check: Check): Check =>
  (value) =>
    isRecord(value) && Object.values(value).every(check);
const isShape =
  (shape: Record<string, Check>): Check =>
  (value) =>
    isRecord(value) && Object.entries(shape).every(([key, check]) => check(value[key]));
const optional =
  (check: Check): Check =>
  (value) =>
    value === undefined || check(value);

const isEvent = isShape({ type: isText });
const isMessages = isShape({ messages: isListOf(isShape({ seq: isCount, event: isEvent })) });
const isState: Check = (value) => isShape({ status: isText, children: optional(isRecordOf(isState)) })(value);
const isPlayback = isShape({ isPlaying: (value) => typeof value === 'boolean', speed: isNumber, seed: isNumber });
const isChart: Check = (value) =>
  isShape({
    id: isText,
    key: isText,
    type: isText,
    initial: optional(isText),
    invokes: isListOf(isText),
    transitions: isListOf(isShape({ event: isText, targets: isListOf(isText), guard: isText })),
    states: isListOf(isChart),
  })(value);
const isAddress: Check = (value) => isShape({ path: isListOf(isText) })(value) || isShape({ peer: isText })(value);

const ofProcess = { process: isText };
const ofChannel = { process: isText, channel: isText };
const ofMessage = { ...ofChannel, seq: isCount, event: isEvent };
const ofMarker = { ...ofChannel, snapshotId: isText };

const shapes: { readonly [T in InspectorEvent['type']]: Record<string, Check> } = {
  'network.described': {
    version: isNumber,
    processes: isListOf(isShape({ id: isText, chart: optional(isChart) })),
    channels: isListOf(isShape({ id: isText, from: isText, to: isText })),
    abilities: isListOf(isText),
    playback: optional(isPlayback),
    scene: optional(isScene),
  },
  'topology.changed': {
    processes: isListOf(isShape({ id: isText, chart: optional(isChart) })),
    channels: isListOf(isShape({ id: isText, from: isText, to: isText })),
  },
  'network.captured': { processes: isRecordOf(isState), channels: isRecordOf(isMessages) },
  'network.rolled-back': {
    epoch: isCount,
    snapshotId: isText,
    processes: isRecordOf(isState),
    channels: isRecordOf(isMessages),
  },
  'events.skipped': { count: isCount },
  'playback.changed': { playback: isPlayback },
  'command.failed': { message: isText },
  'process.started': ofProcess,
  'process.stopped': ofProcess,
  'message.sent': ofMessage,
  'message.received': ofMessage,
  'event.received': { ...ofProcess, event: isEvent, target: isAddress, source: optional(isAddress) },
  'timer.fired': { ...ofProcess, event: isEvent, target: isAddress, source: isAddress },
  'step.ended': { ...ofProcess, state: isState },
  'state.recorded': { ...ofProcess, snapshotId: isText },
  'marker.sent': ofMarker,
  'marker.received': ofMarker,
  'control.sent': ofMarker,
  'control.received': ofMarker,
  'channel.recording': ofMarker,
  'channel.done': ofMarker,
  'snapshot.begun': { snapshotId: isText, initiators: isListOf(isText) },
  'snapshot.completed': {
    snapshotId: isText,
    snapshot: isShape({
      id: isText,
      initiators: isListOf(isText),
      processes: isRecordOf(isShape({ snapshot: isRecord })),
      channels: isRecordOf(isMessages),
      stats: isShape({ markers: isCount, messages: isCount }),
    }),
    verdicts: optional(isListOf(isShape({ property: isText, error: optional(isText) }))),
  },
  'snapshot.aborted': { snapshotId: isText, message: isText },
};

/** Checks a line's events. Throws `invalid-file`, naming the line and what is wrong with the first bad one. */
export function checkEvents(events: unknown, line: number): readonly InspectorEvent[] {
  if (!Array.isArray(events)) return refuseLine(line, 'a list of events', events);
  for (const event of events as unknown[]) checkEvent(event, line);
  return events as readonly InspectorEvent[];
}

function checkEvent(event: unknown, line: number): void {
  if (!isRecord(event)) return refuseLine(line, 'an event', event);
  const { type, n, time } = event;
  if (typeof type !== 'string' || !Object.hasOwn(shapes, type))
    return refuseLine(line, 'an event of the protocol', type);
  if (!isCount(n) || !isNumber(time)) return refuseLine(line, `"${type}" to have numbers \`n\` and \`time\``, n);
  for (const [key, check] of Object.entries(shapes[type as InspectorEvent['type']])) {
    if (!check(event[key])) return refuseLine(line, `\`${key}\` of "${type}" to be as the protocol has it`, event[key]);
  }
}

function refuseLine(line: number, what: string, got: unknown): never {
  return expected(`${what} (line ${line})`, got, 'Use another copy of it.', 'invalid-file');
}
