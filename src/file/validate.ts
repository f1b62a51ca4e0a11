/** What a snapshot file must hold, checked piece by piece; every failure names the line, the path, and what was got. */
import { expected, isObject } from '../checks.js';
import type { ChannelState, RecordedState } from '../global-snapshot.js';
import type { Header } from './format.js';

/** Refuses a file. @param line The line, from 1; 0 for the whole file. */
export function fail(line: number, what: string, got: unknown): never {
  const advice = 'The file was damaged or edited: use another copy of it.';
  return expected(line > 0 ? `${what} (line ${line})` : what, got, advice, 'invalid-file');
}

/** Checks the header's fields. */
export function checkHeader(header: Header): Header {
  const { id, initiators, stats, processes, channels } = header as unknown as Record<string, unknown>;
  if (typeof id !== 'string' || id === '') fail(1, '`id` to be a string', id);
  if (!Array.isArray(initiators) || initiators.length === 0) fail(1, '`initiators` to be a list of ids', initiators);
  for (const initiator of initiators as unknown[]) checkId(initiator, 'initiators', 1);
  if (new Set(initiators).size !== (initiators as unknown[]).length) fail(1, 'each initiator once', initiators);
  const counts: Record<string, unknown> = isPlainRecord(stats) ? stats : fail(1, '`stats` to be counts', stats);
  for (const key of ['markers', 'messages']) checkCount(counts[key], `stats.${key}`, 1);
  const { markers, messages, controlMessages } = counts as Record<string, number>;
  if (controlMessages !== undefined) checkCount(controlMessages, 'stats.controlMessages', 1);
  checkCount(processes, 'processes', 1);
  checkCount(channels, 'channels', 1);
  return {
    ...header,
    initiators: [...(initiators as string[])],
    stats: { markers: markers!, ...(controlMessages !== undefined && { controlMessages }), messages: messages! },
  };
}

/** Checks the line of a process: its id and its recorded state. */
export function checkProcess(value: unknown, line: number): [id: string, state: RecordedState] {
  if (!Array.isArray(value) || value.length !== 2) return fail(line, 'a process [id, state]', value);
  const [id, state] = value as [unknown, unknown];
  const path = `processes.${checkId(id, 'processes', line)}`;
  if (!isPlainRecord(state)) return fail(line, `${path} to be a recorded state`, state);
  const { snapshot, timers, sent, received, inputs } = state;
  if (!isPlainRecord(snapshot) || !STATUSES.includes(snapshot.status as string)) {
    fail(
      line,
      `${path}.snapshot to be an XState snapshot with a status`,
      isPlainRecord(snapshot) ? snapshot.status : snapshot,
    );
  }
  if (!Array.isArray(timers)) return fail(line, `${path}.timers to be a list`, timers);
  timers.forEach((timer, index) => checkTimer(timer, `${path}.timers[${index}]`, line));
  for (const [name, counters] of Object.entries({ sent, received })) {
    if (!isPlainRecord(counters)) return fail(line, `${path}.${name} to be counters by channel`, counters);
    for (const [channel, counter] of Object.entries(counters)) {
      checkCounter(counter, `${path}.${name}["${channel}"]`, line);
    }
  }
  if (inputs !== undefined && !(Number.isSafeInteger(inputs) && (inputs as number) >= 0)) {
    fail(line, `${path}.inputs to be a whole number from 0`, inputs);
  }
  return [id as string, state as unknown as RecordedState];
}

/** Checks that a process counts exactly its own channels: the outgoing as sent, the incoming as received. */
export function checkCounters(
  id: string,
  { sent, received }: RecordedState,
  channels: ReadonlyMap<string, ChannelState>,
  line: number,
): void {
  const path = `processes.${id}`;
  for (const channel of Object.keys(sent)) {
    if (!channels.has(channel) || !channel.startsWith(`${id}->`)) {
      fail(line, `${path}.sent to count outgoing channels of the snapshot`, channel);
    }
  }
  for (const channel of Object.keys(received)) {
    if (!channels.has(channel) || !channel.endsWith(`->${id}`)) {
      fail(line, `${path}.received to count incoming channels of the snapshot`, channel);
    }
  }
}

/** Checks that both ends of a channel count it. */
export function checkCounted(
  channel: string,
  processes: ReadonlyMap<string, { readonly state: RecordedState; readonly line: number }>,
): void {
  const [from = '', to = ''] = channel.split('->');
  for (const [id, name] of [
    [from, 'sent'],
    [to, 'received'],
  ] as const) {
    const end = processes.get(id);
    if (end !== undefined && !Object.hasOwn(end.state[name], channel)) {
      fail(end.line, `processes.${id}.${name} to count channel "${channel}"`, undefined);
    }
  }
}

/** Checks a channel: its id, its ends and its messages. */
export function checkChannel(
  value: unknown,
  processes: ReadonlyMap<string, unknown>,
  line: number,
): [id: string, state: ChannelState] {
  if (!Array.isArray(value) || value.length !== 2) return fail(line, 'a channel [id, state]', value);
  const [id, state] = value as [unknown, unknown];
  if (typeof id !== 'string' || id === '__proto__') return fail(line, 'a channel id', id);
  const ends = id.split('->');
  if (ends.length !== 2 || !ends.every((end) => processes.has(end))) {
    return fail(line, 'a channel id "from->to" between processes of the snapshot', id);
  }
  const path = `channels["${id}"].messages`;
  if (!isPlainRecord(state) || !Array.isArray(state.messages)) return fail(line, `${path} to be a list`, state);
  state.messages.forEach((message: unknown, index) => {
    if (!isPlainRecord(message)) return fail(line, `${path}[${index}] to be a message`, message);
    if (!Number.isSafeInteger(message.seq) || (message.seq as number) < 1) {
      fail(line, `${path}[${index}].seq to be a whole number from 1`, message.seq);
    }
    checkEvent(message.event, `${path}[${index}].event`, line);
  });
  return [id, state as unknown as ChannelState];
}

const STATUSES = ['active', 'done', 'error', 'stopped'];

function checkTimer(timer: unknown, path: string, line: number): void {
  if (!isPlainRecord(timer)) return fail(line, `${path} to be a timer`, timer);
  for (const end of ['source', 'target']) checkAddress(timer[end], `${path}.${end}`, line);
  checkEvent(timer.event, `${path}.event`, line);
  const { delay, id } = timer;
  if (typeof delay !== 'number' || !Number.isFinite(delay) || delay < 0)
    fail(line, `${path}.delay to be milliseconds`, delay);
  if (typeof id !== 'string') fail(line, `${path}.id to be a string`, id);
}

function checkAddress(address: unknown, path: string, line: number): void {
  const { peer, path: steps } = isPlainRecord(address) ? address : {};
  const isPath = Array.isArray(steps) && steps.every((step) => typeof step === 'string');
  if (typeof peer !== 'string' && !isPath) fail(line, `${path} to be { path } or { peer }`, address);
}

function checkEvent(event: unknown, path: string, line: number): void {
  if (!isPlainRecord(event) || typeof event.type !== 'string')
    fail(line, `${path} to be an event with a string type`, event);
}

function checkCounter(counter: unknown, path: string, line: number): void {
  if (!isPlainRecord(counter)) return fail(line, `${path} to be { count, beyond? }`, counter);
  checkCount(counter.count, `${path}.count`, line);
  const { beyond } = counter;
  if (beyond === undefined) return;
  if (!Array.isArray(beyond)) return fail(line, `${path}.beyond to be a list of sequence numbers`, beyond);
  for (const seq of beyond as unknown[]) checkCount(seq, `${path}.beyond`, line);
}

function checkId(id: unknown, path: string, line: number): string {
  if (typeof id !== 'string' || id === '' || id === '__proto__' || id.includes('->')) {
    return fail(line, `${path} to have process ids`, id);
  }
  return id;
}

function checkCount(count: unknown, path: string, line: number): void {
  if (!Number.isSafeInteger(count) || (count as number) < 0) fail(line, `${path} to be a whole number from 0`, count);
}

/** A plain object: a `Map` or a list has no entries of its own, and would pass as one that is empty. */
function isPlainRecord(value: unknown): value is Record<string, unknown> {
  return isObject(value) && Object.getPrototypeOf(value) === Object.prototype;
}
