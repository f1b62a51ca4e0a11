import type { AnyActorLogic, SnapshotFrom } from 'xstate';
import { PanoramaError } from '../errors.js';
import type { AnyGlobalSnapshot, ChannelState, RecordedState } from '../global-snapshot.js';
import type { EventIn, MessageInFlight } from './property.js';

/**
 * Gives a recorded state back what is not persisted: `matches`, `tags`, `hasTag`, `getMeta`. Its `children` are empty.
 *
 * Logic other than a state machine has none of these: its recorded snapshot is given back as it is.
 *
 * @param logic The process's logic, as in the network's config.
 * @param recorded The process's recorded state in a global snapshot.
 */
export function stateOf<TLogic extends AnyActorLogic>(
  logic: TLogic,
  recorded: RecordedState<unknown>,
): SnapshotFrom<TLogic> {
  const { resolveState } = logic as { resolveState?: (persisted: unknown) => unknown };
  return (resolveState?.call(logic, recorded.snapshot) ?? recorded.snapshot) as SnapshotFrom<TLogic>;
}

/**
 * The messages in flight in a global snapshot; on each channel oldest first.
 *
 * @throws `invalid-argument` for a snapshot with a channel state that is none.
 */
export function messagesOf<TSnapshot extends AnyGlobalSnapshot>(
  snapshot: TSnapshot,
): MessageInFlight<EventIn<TSnapshot>>[] {
  const channels = Object.entries<ChannelState<EventIn<TSnapshot>>>(snapshot.channels);
  return channels.flatMap(([channel, state]) => {
    const [from, to] = channel.split('->');
    if (from === undefined || to === undefined) {
      throw new PanoramaError('invalid-argument', `Expected channel ids of the form "from->to", got "${channel}".`);
    }
    return state.messages.map(({ seq, event }) => ({ channel, from, to, seq, event }));
  });
}
