/** What goes over a transport, and the check of all that comes in: it is untrusted. */
import type { EventObject } from 'xstate';
import type { Envelope, Notice, Ticket } from '../../channel/envelope.js';
import { expected, isRecord } from '../../checks.js';
import type { RecordedState } from '../../global-snapshot.js';
import type { Epoch } from './epoch.js';
import { isSessionId } from './life.js';

/** The version of the frames; another one is refused. */
export const PROTOCOL = 2;

/** Characters of a reason. */
export const MAX_WHY = 1000;

/** Envelopes in one frame. */
export const MAX_ITEMS = 1024;

/** The first thing that both sides say whenever the way stands. Data follows when each has answered the other. */
export interface Hello {
  readonly panorama: typeof PROTOCOL;
  readonly type: 'hello';
  /** The ids of the two processes. */
  readonly from: string;
  readonly to: string;
  /** The life of the receiver that the sender has met in this epoch. */
  readonly met: string | undefined;
  readonly epoch: Epoch;
  /** The decision that it cannot follow, and why. */
  readonly stranded?: { readonly decision: string; readonly why: string } | undefined;
  /** Which session this is, of which life of the process: see `life.ts`. */
  readonly session: string;
  /** The receiver's session as far as it is known; then `received` counts items of that session. */
  readonly of: string | undefined;
  readonly received: number;
  /** Whether the sender counts itself connected; else it waits for an answer. */
  readonly isConnected: boolean;
  /** Which of the two channels the sender thinks there are. */
  readonly sends: boolean;
  readonly receives: boolean;
  /** The sequence number of the message with which the channel to the receiver went on when the session began. */
  readonly next: number;
  /** That of the message that the sender has to get next on the channel to it. */
  readonly expects: number;
}

/** What is said in a session, and counts between its two ends alone. */
interface Addressed {
  readonly panorama: typeof PROTOCOL;
  /** The sender's session. */
  readonly session: string;
  /** The receiver's, as far as it is known. */
  readonly to: string | undefined;
}

/**
 * A piece of an envelope that is too large for one frame. What is numbered are items: envelopes, and pieces of them. The
 * pieces of an envelope follow one another.
 */
export interface Piece {
  /** A message's number, of which this is a piece of its event; `null`: of any other envelope. */
  readonly seq: number | null;
  /** Characters that come before it, and how many there are in all. */
  readonly at: number;
  readonly length: number;
  readonly text: string;
}

/** Some envelopes, in order; or a piece of one. */
export interface Data extends Addressed {
  readonly type: 'data';
  /** The number of the first item; without items, of the one to come. */
  readonly first: number;
  readonly items: Items;
  /** A piece, and then no items. */
  readonly piece?: Piece | undefined;
  /** Items of the other side that have come in, without a gap. */
  readonly received: number;
  /** Of these, how many the process has taken. */
  readonly taken: number;
  /** Asks for everything from `received + 1` on once more. */
  readonly again: boolean;
  /** Wants to be told when the process has taken all up to here. */
  readonly asks?: boolean | undefined;
}

/** The process parts from the link of its own accord. */
export interface Bye extends Addressed {
  readonly type: 'bye';
}

/** Asks whether the peer is there, and says that one is. */
export interface Beat extends Addressed {
  readonly type: 'ping' | 'pong';
}

/** Refuses a session of the receiver's. */
export interface Sorry {
  readonly panorama: typeof PROTOCOL;
  readonly type: 'sorry';
  /** The one that is refused. */
  readonly to: string;
  /** The later life of the receiver's process that acts in place of its own; undefined: the session has broken. */
  readonly by: string | undefined;
  readonly why: string;
}

/** What goes over a transport: plain data, as structured clone carries it. */
export type Frame = Hello | Data | Bye | Beat | Sorry;

/** Envelopes in a frame, two places each: a message's number and its event; `null` and any other envelope. */
export type Items = readonly unknown[];

/** Packs envelopes: messages are many, and the flatter they are the less it costs to carry them. */
export function packItems(envelopes: readonly Envelope[]): Items {
  const items: unknown[] = [];
  for (const envelope of envelopes) {
    if (envelope.type === 'message') items.push(envelope.seq, envelope.event);
    else items.push(null, envelope);
  }
  return items;
}

/** Whether something claims to be a frame: what else travels on a shared port is none of ours. */
export function isFrameLike(value: unknown): boolean {
  return isRecord(value) && 'panorama' in value;
}

/** Checks a frame; its items are checked by {@link parseItems}. Throws `invalid-envelope`. */
export function parseFrame(value: unknown): Frame {
  const frame = record(value, 'a frame');
  if (frame.panorama !== PROTOCOL) refuseFrame(`a frame of protocol ${PROTOCOL}`, frame.panorama);
  if (frame.type === 'sorry') return sorry(frame);
  session(frame.session, 'session');
  switch (frame.type) {
    case 'hello':
      if (frame.stranded !== undefined) {
        const { decision, why } = record(frame.stranded, 'why the peer stays where it is');
        text(decision, 'decision');
        text(why, 'why');
      }
      for (const key of ['from', 'to']) id(frame[key], key);
      if (frame.of !== undefined) session(frame.of, 'of');
      if (frame.met !== undefined) text(frame.met, 'met');
      epoch(frame.epoch);
      for (const key of ['received', 'next', 'expects']) count(frame[key], key);
      for (const key of ['isConnected', 'sends', 'receives']) flag(frame[key], key);
      break;
    case 'data':
      for (const key of ['first', 'received', 'taken']) count(frame[key], key);
      flag(frame.again, 'again');
      if (frame.asks !== undefined) flag(frame.asks, 'asks');
      if (!Array.isArray(frame.items) || frame.items.length > 2 * MAX_ITEMS || frame.items.length % 2 > 0) {
        refuseFrame(`items to be a list of at most ${MAX_ITEMS} pairs`, frame.items);
      }
      if (frame.piece !== undefined) piece(frame.piece, frame.items);
      break;
    case 'ping':
    case 'pong':
    case 'bye':
      break;
    default:
      refuseFrame('a frame of a known type', frame.type);
  }
  return frame as unknown as Frame;
}

function sorry(frame: Record<string, unknown>): Frame {
  session(frame.to, 'to');
  if (frame.by !== undefined) session(`${text(frame.by, 'by')}.000000`, 'by');
  if (text(frame.why, 'why').length > MAX_WHY) refuseFrame(`a reason of at most ${MAX_WHY} characters`, frame.why);
  return frame as unknown as Frame;
}

/** Checks items, and unpacks the envelopes from the one at `from` on. Throws `invalid-envelope`. */
export function parseItems(items: Items, from: number): Envelope[] {
  const envelopes: Envelope[] = [];
  for (let index = 2 * from; index < items.length; index += 2) {
    const seq = items[index];
    const item = items[index + 1];
    envelopes.push(seq === null ? parseOther(item) : { type: 'message', seq: count(seq, 'seq'), event: event(item) });
  }
  return envelopes;
}

function parseOther(item: unknown): Envelope {
  const envelope = record(item, 'an envelope');
  text(envelope.snapshotId, 'snapshotId');
  if (envelope.type === 'marker') {
    count(envelope.seq, 'seq');
    ticket(envelope.ticket);
  } else if (envelope.type === 'control') notice(envelope.notice);
  else refuseFrame('an envelope of a known type', envelope.type);
  return envelope as unknown as Envelope;
}

/** Whether an event is XState's own, such as the one that stops an actor: no peer may send it. */
export function isReserved({ type }: EventObject): boolean {
  return type.startsWith('xstate.');
}

function event(value: unknown): EventObject {
  const { type } = record(value, 'an event');
  if (typeof type !== 'string') return refuseFrame('an event with a string `type`', type);
  if (isReserved({ type })) return refuseFrame('an event of the application', type);
  return value as EventObject;
}

function piece(value: unknown, items: readonly unknown[]): asserts value is Piece {
  const { seq, at, length, text: some } = record(value, 'a piece');
  if (seq !== null) count(seq, 'seq');
  count(at, 'at');
  count(length, 'length');
  text(some, 'the text of a piece');
  if (items.length > 0) refuseFrame('a piece without items', items);
}

function epoch(value: unknown): asserts value is Epoch {
  const { number, decision, snapshotId } = record(value, 'an epoch');
  count(number, 'the number of the epoch');
  text(decision, 'decision');
  text(snapshotId, 'snapshotId');
}

function ticket(value: unknown): asserts value is Ticket {
  const { supervisor, leftMs, maxMessages, isCheckpoint } = record(value, 'a marker to have a ticket');
  id(supervisor, 'supervisor');
  flag(isCheckpoint, 'isCheckpoint');
  for (const [key, limit] of Object.entries({ leftMs, maxMessages })) {
    if (typeof limit !== 'number' || !(limit >= 0)) refuseFrame(`${key} to be a number >= 0`, limit);
  }
}

function notice(value: unknown): asserts value is Notice {
  const said = record(value, 'a notice');
  id(said.process, 'process');
  switch (said.kind) {
    case 'report':
      for (const key of ['part', 'parts', 'markers']) count(said[key], key);
      if (said.state !== undefined) state(said.state);
      recorded(said.channels);
      break;
    case 'abort':
      text(said.message, 'message');
      text(said.code, 'code');
      texts(said.channels);
      break;
    case 'parted':
      id(said.peer, 'peer');
      text(said.message, 'message');
      texts(said.channels);
      break;
    case 'awaiting':
      texts(said.channels);
      break;
    case 'crashed':
      id(said.peer, 'peer');
      text(said.message, 'message');
      flag(said.isGone, 'isGone');
      if (said.hasLeft !== undefined) flag(said.hasLeft, 'hasLeft');
      break;
    case 'recovered':
      text(said.decision, 'decision');
      break;
    case 'saved':
      for (const taken of Object.values(record(said.inputs ?? {}, 'inputs by process'))) count(taken, 'inputs');
      break;
    case 'ended':
    case 'uncoordinated':
      break;
    default:
      refuseFrame('a notice of a known kind', said.kind);
  }
}

function state(value: unknown): asserts value is RecordedState {
  const { snapshot, timers, sent, received, inputs } = record(value, 'a recorded state');
  if (inputs !== undefined) count(inputs, 'inputs');
  text(record(snapshot, 'an XState snapshot').status, 'status');
  if (!Array.isArray(timers)) refuseFrame('timers to be a list', timers);
  for (const counters of [sent, received]) {
    for (const [channel, counter] of Object.entries(record(counters, 'counters'))) {
      channelId(channel);
      count(record(counter, 'a counter').count, 'count');
    }
  }
}

function recorded(value: unknown): void {
  if (!Array.isArray(value)) return refuseFrame('channels to be a list', value);
  for (const entry of value as unknown[]) {
    const [channel, messages] = (Array.isArray(entry) ? entry : []) as unknown[];
    channelId(channel);
    if (!Array.isArray(messages)) return refuseFrame('the messages of a channel', messages);
    for (const message of messages as unknown[]) {
      const { seq, event: sent } = record(message, 'a message');
      count(seq, 'seq');
      event(sent);
    }
  }
}

function channelId(value: unknown): void {
  const ends = text(value, 'a channel id').split('->');
  if (ends.length !== 2) refuseFrame('a channel id "from->to"', value);
  for (const end of ends) id(end, 'an end of a channel');
}

function session(value: unknown, name: string): void {
  if (!isSessionId(value)) refuseFrame(`${name} to be the id of a session`, value);
}

/** Checks a process id. */
function id(value: unknown, name: string): string {
  if (text(value, name) === '' || value === '__proto__' || (value as string).includes('->')) {
    refuseFrame(`${name} to be a process id`, value);
  }
  return value as string;
}

function texts(value: unknown): void {
  if (!Array.isArray(value)) return refuseFrame('a list of ids', value);
  for (const item of value as unknown[]) text(item, 'an id');
}

function text(value: unknown, name: string): string {
  return typeof value === 'string' ? value : refuseFrame(`${name} to be a string`, value);
}

function flag(value: unknown, name: string): void {
  if (typeof value !== 'boolean') refuseFrame(`${name} to be true or false`, value);
}

function count(value: unknown, name: string): number {
  return Number.isSafeInteger(value) && (value as number) >= 0
    ? (value as number)
    : refuseFrame(`${name} to be a whole number from 0`, value);
}

function record(value: unknown, what: string): Record<string, unknown> {
  return isRecord(value) ? value : refuseFrame(what, value);
}

/** Refuses what came over the link: it is no frame of this version. */
function refuseFrame(what: string, got: unknown): never {
  return expected(what, got, 'Do both sides run this library, in versions that fit?', 'invalid-envelope');
}
