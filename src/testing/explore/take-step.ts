import type { EventObject } from 'xstate';
import { PanoramaError } from '../../errors.js';
import type { Network } from '../../network/types.js';
import type { Processes } from '../../process/process-config.js';
import { addressOf } from '../../process/recorded-state.js';
import { fireTimer, pendingTimers } from '../../process/xstate-internals.js';
import type { ManualSchedule } from '../../schedule/manual-schedule.js';
import { brief } from '../../text.js';
import { canonicalText } from '../canonical.js';
import { runningNetwork } from '../running.js';
import type { ExploredStep } from './path.js';

/**
 * Takes one step of an explored path on a real network: watch a counterexample happen, in your own debugger or with your
 * own inspector.
 *
 * @param network A network of the same config, started; with the path's steps before this one taken.
 * @param schedule The manual schedule that it was created with. Its `clock` should stand still: the timers are fired here.
 * @throws `not-replayable` when the step cannot be taken now; XState's own errors of logic that fails are thrown by XState.
 */
export function takeStep<TProcesses extends Processes>(
  network: Network<TProcesses>,
  schedule: ManualSchedule,
  { process, input }: ExploredStep,
): void {
  if (input.type === 'event') network.send(process, input.event as never);
  else if (input.type === 'message') {
    if (!schedule.pending().has(input.channel))
      refuseStep(process, input.event, `nothing on channel "${input.channel}"`);
    schedule.deliver(input.channel, positionOf(network, input.channel, input.event));
  } else {
    const { source, target, event } = input.timer;
    const wanted = canonicalText([source, target, event]);
    const [timer] = pendingTimers(network.processes[process]!.actor)
      .filter(
        (pending) => canonicalText([addressOf(pending.source), addressOf(pending.target), pending.event]) === wanted,
      )
      .sort((a, b) => a.startedAt + a.delay - b.startedAt - b.delay);
    if (timer === undefined) refuseStep(process, event, 'no such timer pending');
    fireTimer(timer);
  }
}

/** Where on a channel the message is; the oldest that is equal. */
function positionOf(network: unknown, channelId: string, event: EventObject): number {
  const channel = runningNetwork(network).channels.get(channelId)!;
  const wanted = canonicalText(event);
  return channel.isFifo
    ? 0
    : Math.max(
        0,
        channel.find((message) => canonicalText(message.event) === wanted),
      );
}

function refuseStep(process: string, event: { readonly type: string }, got: string): never {
  throw new PanoramaError(
    'not-replayable',
    `Expected process "${process}" to take its next step with ${brief(event)}, got ${got}. Take the steps of a path in their order, from a network in the state in which the path begins.`,
  );
}
