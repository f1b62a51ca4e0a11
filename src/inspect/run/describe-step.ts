import type { Envelope, Step } from './run.js';

/** Says in a few words what a step was. */
export function describeStep(step: Step): string {
  const parts = [
    causeOf(step),
    ...step.recorded.map((id) => `records its state for ${shortId(id)}`),
    ...step.sent
      .filter(({ kind }) => kind === 'message')
      .map((envelope) => `sends ${nameOf(envelope)} to ${envelope.to}`),
    ...markersOf(step),
  ];
  return parts.filter((part) => part !== '').join(', ');
}

/** What an envelope is called. */
export function nameOf({ kind, event, seq, snapshotId }: Envelope): string {
  return kind === 'marker' ? `marker ${shortId(snapshotId!)}` : `${event!.type} #${seq!}`;
}

/** A snapshot's id, short enough to be read. */
export function shortId(id: string): string {
  return id.replace(/^snapshot-/, '').slice(0, 6);
}

function causeOf({ kind, received, event }: Step): string {
  if (received !== undefined) return `receives ${nameOf(received)} from ${received.from}`;
  if (kind === 'started') return 'starts';
  if (kind === 'stopped') return 'stops';
  if (kind === 'timer') return 'a timer fires';
  return kind === 'event' ? `takes ${event?.type ?? 'an event'}` : '';
}

function markersOf({ sent }: Step): string[] {
  const ids = new Set(sent.flatMap(({ snapshotId }) => (snapshotId === undefined ? [] : [snapshotId])));
  return [...ids].map((id) => {
    const count = sent.filter(({ snapshotId }) => snapshotId === id).length;
    return `sends ${count} marker${count === 1 ? '' : 's'} ${shortId(id)}`;
  });
}
