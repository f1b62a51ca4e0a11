import type { Envelope, Step } from './model.js';

/** Says in a few words what a step was. */
export function describeStep(step: Step): string {
  const parts = [
    causeOf(step),
    ...step.recorded.map((id) => `records its state for ${shortId(id)}`),
    ...step.sent.filter(({ kind }) => kind === 'message').map((envelope) => saySent(step, envelope)),
    ...markersOf(step),
  ];
  return parts.filter((part) => part !== '').join(', ');
}

function saySent({ wentBackTo }: Step, envelope: Envelope): string {
  const what = `${nameOf(envelope)} to ${envelope.to}`;
  return wentBackTo === undefined ? `sends ${what}` : `with ${what} under way again`;
}

/** What an envelope is called. */
export function nameOf({ kind, event, seq, snapshotId }: Envelope): string {
  if (kind === 'message') return `${event!.type} #${seq!}`;
  return `${kind === 'marker' ? 'marker' : 'control message'} ${shortId(snapshotId!)}`;
}

/** A snapshot's id, short enough to be read. */
export function shortId(id: string): string {
  return id.replace(/^snapshot-/, '').slice(0, 6);
}

function causeOf({ kind, received, event, wentBackTo }: Step): string {
  if (received !== undefined) {
    return `receives ${nameOf(received)} from ${received.from}${received.isOvertaken ? ', overtaken by a later one' : ''}`;
  }
  if (wentBackTo !== undefined) return `goes back to snapshot ${shortId(wentBackTo)}`;
  if (kind === 'started') return 'starts';
  if (kind === 'stopped') return 'stops';
  if (kind === 'timer') return 'a timer fires';
  return kind === 'event' ? `takes ${event?.type ?? 'an event'}` : '';
}

function markersOf({ sent }: Step): string[] {
  const counts = new Map<string, number>();
  for (const envelope of sent) {
    if (envelope.kind === 'message') continue;
    const name = nameOf(envelope);
    counts.set(name, (counts.get(name) ?? 0) + 1);
  }
  return Array.from(counts, ([name, count]) => `sends ${count} × ${name}`);
}
