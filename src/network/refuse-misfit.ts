import { expected, isNoObject, isObject, list } from '../checks.js';
import { describe, PanoramaError } from '../errors.js';
import { SNAPSHOT_VERSION, type ChannelCounter, type GlobalSnapshot } from '../global-snapshot.js';
import type { ParsedConfig } from './options.js';

/** Refuses to restore a snapshot into a config that it does not fit, naming the difference. Throws `does-not-fit`. */
export function refuseMisfit(snapshot: GlobalSnapshot, { processes, channels }: ParsedConfig): void {
  const misfit = (message: string): never => {
    throw new PanoramaError('does-not-fit', message);
  };
  if (isNoObject(snapshot)) expected('`snapshot` to be a global snapshot', snapshot);
  const version: unknown = snapshot.version;
  if (version !== SNAPSHOT_VERSION) {
    misfit(
      `Expected a snapshot of version ${SNAPSHOT_VERSION}, got ${describe(version)}. Take it anew, or use the library version that wrote it.`,
    );
  }
  if (!isObject(snapshot.processes) || !isObject(snapshot.channels)) {
    misfit('Expected a snapshot with `processes` and `channels`, got one without.');
  }
  const compare = (kind: string, inConfig: readonly string[], inSnapshot: readonly string[]) => {
    const missing = difference(inSnapshot, inConfig);
    const added = difference(inConfig, inSnapshot);
    if (missing.length + added.length === 0) return;
    const parts = [
      ...(missing.length > 0 ? [`${list(missing)} in the snapshot alone`] : []),
      ...(added.length > 0 ? [`${list(added)} in the config alone`] : []),
    ];
    misfit(
      `Expected the config to have the snapshot's ${kind}, got ${parts.join(' and ')}. Restore with the config that the snapshot was taken of.`,
    );
  };
  compare('processes', [...processes.keys()], Object.keys(snapshot.processes));
  compare(
    'channels',
    channels.map(({ id }) => id),
    Object.keys(snapshot.channels),
  );
  for (const { id, from, to, fifo } of channels) {
    const sent = snapshot.processes[from]!.sent[id]?.count ?? -1;
    const received = snapshot.processes[to]!.received[id];
    const seqs = snapshot.channels[id]!.messages.map(({ seq }) => seq);
    if (received !== undefined && isConsistent(sent, received, seqs, fifo)) continue;
    const past = received?.beyond?.length ? ` and [${list(received.beyond.map(String))}] past a gap` : '';
    const kept = fifo && received?.beyond !== undefined ? ' on a channel that keeps order' : '';
    misfit(
      `Expected a consistent snapshot, got channel "${id}" with ${sent} sent, ${received?.count ?? -1} received${past} and messages [${list(seqs.map(String))}] in flight${kept}. \`verifySnapshot\` lists all that is wrong.`,
    );
  }
}

/** Whether what is in flight is exactly what was sent and not received; in order, and received without a gap, if the channel keeps it. */
function isConsistent(
  sent: number,
  { count, beyond = [] }: ChannelCounter,
  seqs: readonly number[],
  fifo: boolean,
): boolean {
  if (sent - count - beyond.length !== seqs.length) return false;
  if (fifo) return beyond.length === 0 && seqs.every((seq, index) => seq === count + 1 + index);
  const all = new Set([...beyond, ...seqs]);
  return all.size === beyond.length + seqs.length && [...all].every((seq) => seq > count && seq <= sent);
}

function difference(all: readonly string[], known: readonly string[]): string[] {
  const set = new Set(known);
  return all.filter((id) => !set.has(id));
}
