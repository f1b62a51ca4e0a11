/** Puts the processes and channels of a network together, fresh or as a snapshot has them. */
import type { Channel } from '../channel/channel.js';
import type { GlobalSnapshot } from '../global-snapshot.js';
import { copyPlain } from '../process/copy-plain.js';
import type { Process, Program } from '../process/process.js';
import type { Schedule } from '../schedule/schedule.js';
import type { ParsedConfig } from './options.js';

/** Processes and the channels between them; nothing has started yet. */
export interface Assembly {
  readonly members: ReadonlyMap<string, Process>;
  readonly channels: ReadonlyMap<string, Channel>;
}

/** What they are put together of. */
export interface AssemblyPlan {
  readonly config: ParsedConfig;
  readonly schedule: Schedule;
  readonly program: Program;
  readonly Process: typeof Process;
  readonly Channel: typeof Channel;
}

/**
 * Assembles a network.
 *
 * @param snapshot What it goes on from; checked to be one of this config.
 * @throws `does-not-fit` when some logic does not take its recorded state.
 */
export function assemble(plan: AssemblyPlan, snapshot: GlobalSnapshot | undefined): Assembly {
  const members = createProcesses(plan, snapshot);
  const channels = createChannels(plan, members, snapshot);
  for (const process of members.values()) process.create();
  return { members, channels };
}

function createProcesses({ config, program, Process }: AssemblyPlan, snapshot: GlobalSnapshot | undefined) {
  const members = new Map<string, Process>();
  for (const [id, { logic, input }] of config.processes) {
    members.set(id, new Process({ id, logic, input, restoreFrom: snapshot?.processes[id], program }));
  }
  return members;
}

function createChannels(
  { config, schedule, Channel }: AssemblyPlan,
  members: ReadonlyMap<string, Process>,
  snapshot: GlobalSnapshot | undefined,
): Map<string, Channel> {
  const channels = new Map<string, Channel>();
  for (const { id, from, to, fifo } of config.channels) {
    const sender = members.get(from)!;
    const receiver = members.get(to)!;
    const channel = new Channel(id, schedule, receiver, fifo);
    channels.set(id, channel);
    sender.connectTo(to, channel, snapshot?.processes[from]!.sent[id]!.count ?? 0);
    const received = snapshot?.processes[to]!.received[id] ?? { count: 0 };
    receiver.connectFrom(channel, fifo ? received : { beyond: [], ...received });
    // Before any actor exists, so that nothing of theirs overtakes what was in flight.
    for (const { seq, event } of snapshot?.channels[id]!.messages ?? []) {
      channel.send({ type: 'message', seq, event: copyPlain(event, `message ${seq} on channel "${id}"`) });
    }
  }
  return channels;
}
