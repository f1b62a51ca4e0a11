/**
 * The oracle: judges a global snapshot by its counters and messages alone, and shares no code with what recorded it.
 */
import type { ChannelCounter, GlobalSnapshot, RecordedMessage, RecordedState } from '../global-snapshot.js';

/** What is wrong with a channel of a snapshot. */
export type ViolationKind =
  /** Received more than was sent: an effect without its cause. */
  | 'received-unsent'
  /** Sent before the sender recorded, not received before the receiver did, and not in the channel state. */
  | 'lost'
  /** More than once in the channel state. */
  | 'repeated'
  /** In the channel state, and in the receiver's recorded state already. */
  | 'already-received'
  /** In the channel state, and not sent in the sender's recorded state. */
  | 'not-sent'
  /** In the channel state behind a message that was sent after it. */
  | 'out-of-order'
  /** A channel without its counters or its state, an unknown end, or something that is no count or message. */
  | 'malformed';

/** One thing that is wrong. */
export interface Violation {
  readonly kind: ViolationKind;
  /** The channel's id, `from->to`. */
  readonly channel: string;
  /** The sequence numbers it is about, ascending, at most 100 of them. */
  readonly seqs: readonly number[];
  /** The same for people. */
  readonly message: string;
}

/** The verdict on a snapshot. */
export type Verdict =
  { readonly consistent: true } | { readonly consistent: false; readonly violations: readonly Violation[] };

/** Sequence numbers named in one violation. */
const MOST_SEQS = 100;

/**
 * Verifies that a global snapshot is a consistent cut: on each channel, received ≤ sent, and the channel state is exactly
 * the messages between the two counts, in order.
 *
 * It never throws: what is not even a snapshot is `malformed`.
 *
 * @param snapshot A global snapshot, wherever it comes from.
 */
export function verifySnapshot(snapshot: GlobalSnapshot<Record<string, RecordedState<unknown>>>): Verdict {
  const { processes, channels } = asRecord(snapshot);
  const states = asRecord(processes);
  const known = asRecord(channels);
  const violations: Violation[] =
    Object.keys(states).length === 0 ? [malformed('', 'Expected a snapshot with processes, got none.')] : [];
  for (const id of channelIds(states, known)) violations.push(...verifyChannel(id, states, known));
  return violations.length === 0 ? { consistent: true } : { consistent: false, violations };
}

/** Every channel that anything in the snapshot speaks of. */
function channelIds(states: Record<string, unknown>, channels: Record<string, unknown>): Set<string> {
  const ids = new Set(Object.keys(channels));
  for (const state of Object.values(states)) {
    const { sent, received } = asRecord(state);
    for (const id of [...Object.keys(asRecord(sent)), ...Object.keys(asRecord(received))]) ids.add(id);
  }
  return ids;
}

function verifyChannel(id: string, states: Record<string, unknown>, channels: Record<string, unknown>): Violation[] {
  const [from, to, ...rest] = id.split('->');
  if (from === undefined || to === undefined || rest.length > 0 || !(from in states) || !(to in states)) {
    return [
      malformed(
        id,
        `Expected channel "${id}" to lead from one process of the snapshot to another, got an end that is none.`,
      ),
    ];
  }
  const sent = counterOf(asRecord(asRecord(states[from]).sent)[id])?.count;
  const received = counterOf(asRecord(asRecord(states[to]).received)[id]);
  const messages = asRecord(channels[id]).messages;
  if (sent === undefined || received === undefined) {
    return [
      malformed(
        id,
        `Expected channel "${id}" to be counted by its sender and its receiver, got no count from ${sent === undefined ? from : to}.`,
      ),
    ];
  }
  if (!Array.isArray(messages) || !messages.every(isMessage)) {
    return [malformed(id, `Expected channel "${id}" to have messages with sequence numbers, got none or others.`)];
  }
  return judge(
    id,
    sent,
    received,
    messages.map(({ seq }) => seq),
  );
}

/**
 * The definition, on one channel: in flight is exactly what was sent and not received; in order, where the channel keeps it.
 * A receiver whose counter has `beyond`, perhaps empty, is at the end of a channel without FIFO.
 */
function judge(
  channel: string,
  sent: number,
  { count: received, beyond }: ReceivedCounter,
  seqs: readonly number[],
): Violation[] {
  const wasReceived = (seq: number) => seq <= received || beyond?.has(seq) === true;
  const found = new Set<number>();
  const repeated: number[] = [];
  const late: number[] = [];
  let last = -Infinity;
  for (const seq of seqs) {
    if (found.has(seq)) repeated.push(seq);
    else if (seq < last && beyond === undefined) late.push(seq);
    found.add(seq);
    last = Math.max(last, seq);
  }
  const lost: number[] = [];
  for (let seq = received + 1; seq <= sent && lost.length < MOST_SEQS; seq++) {
    if (!found.has(seq) && !wasReceived(seq)) lost.push(seq);
  }
  const already = [...found].filter(wasReceived);
  const notSent = [...found].filter((seq) => seq > sent);
  const unsent: number[] = [];
  for (let seq = sent + 1; seq <= received && unsent.length < MOST_SEQS; seq++) unsent.push(seq);
  for (const seq of beyond ?? []) if (seq > sent) unsent.push(seq);
  const past = beyond !== undefined && beyond.size > 0 ? ` and ${beyond.size} past a gap` : '';
  const counts = `${sent} sent, ${received} received${past}`;
  return [
    violation('received-unsent', channel, unsent, `were received but not yet sent (${counts})`),
    violation('lost', channel, lost, `are neither received nor in flight (${counts})`),
    violation('repeated', channel, repeated, 'are in flight more than once'),
    violation('already-received', channel, already, `are in flight, and received already (${counts})`),
    violation('not-sent', channel, notSent, `are in flight, but not yet sent (${counts})`),
    violation('out-of-order', channel, late, 'are in flight behind a later one'),
  ].flat();
}

function violation(kind: ViolationKind, channel: string, seqs: readonly number[], what: string): Violation[] {
  if (seqs.length === 0) return [];
  const shown = [...new Set(seqs)].sort((a, b) => a - b).slice(0, MOST_SEQS);
  return [{ kind, channel, seqs: shown, message: `On channel "${channel}" message(s) ${shown.join(', ')} ${what}.` }];
}

function malformed(channel: string, message: string): Violation {
  return { kind: 'malformed', channel, seqs: [], message };
}

interface ReceivedCounter {
  readonly count: number;
  readonly beyond: ReadonlySet<number> | undefined;
}

function counterOf(counter: unknown): ReceivedCounter | undefined {
  const { count, beyond } = asRecord(counter) as Partial<ChannelCounter>;
  if (!isCount(count)) return undefined;
  if (beyond === undefined) return { count, beyond };
  // What is past a gap leaves out at least the next one; each is there once.
  if (!Array.isArray(beyond) || !beyond.every((seq) => isCount(seq) && seq > count + 1)) return undefined;
  const seqs = new Set(beyond as readonly number[]);
  return seqs.size === beyond.length ? { count, beyond: seqs } : undefined;
}

function isCount(value: unknown): value is number {
  return Number.isSafeInteger(value) && (value as number) >= 0;
}

function isMessage(message: unknown): message is RecordedMessage {
  return Number.isSafeInteger(asRecord(message).seq);
}

function asRecord(value: unknown): Record<string, unknown> {
  return typeof value === 'object' && value !== null ? (value as Record<string, unknown>) : {};
}
