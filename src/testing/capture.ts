import { PanoramaError } from '../errors.js';
import { SNAPSHOT_VERSION, type ChannelState, type GlobalSnapshot } from '../global-snapshot.js';
import type { CleanStack } from '../process/clean-stack.js';
import type { Process } from '../process/process.js';
import { createSnapshotId } from '../snapshot/snapshot-supervisor.js';

/** Processes and channels of one program, as an observer sees them who sees everything at once. */
export interface Observed {
  readonly stack: CleanStack;
  readonly members: ReadonlyMap<string, Process>;
  inFlight(): Readonly<Record<string, ChannelState>>;
}

/**
 * The true state of this moment: no algorithm, no marker.
 *
 * @param onProcess Called before each process is captured, by a caller who keeps a clock for each.
 * @throws `not-running` in the middle of a step; `not-recordable` when something could not be restored.
 */
export function capture(
  { stack, members, inFlight }: Observed,
  onProcess: (id: string) => void = () => undefined,
): GlobalSnapshot {
  if (!stack.isClean) {
    throw new PanoramaError(
      'not-running',
      'Expected a network between two steps, got a capture from within one of its own actions or subscribers. Capture after `send` or `deliver` has returned.',
    );
  }
  const processes = Array.from(members, ([id, process]) => {
    onProcess(id);
    return [id, process.capture()] as const;
  });
  const channels = inFlight();
  const messages = Object.values(channels).reduce((sum, channel) => sum + channel.messages.length, 0);
  return {
    version: SNAPSHOT_VERSION,
    id: createSnapshotId(),
    initiators: [],
    processes: Object.fromEntries(processes),
    channels,
    stats: { markers: 0, messages },
  };
}
