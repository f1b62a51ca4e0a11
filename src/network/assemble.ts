/** Puts the processes and channels of a network together, fresh or as a snapshot has them. */
import type { Channel } from '../channel/channel.js';
import type { ChannelDescription } from '../channel/topology.js';
import type { GlobalSnapshot, RecordedMessage } from '../global-snapshot.js';
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

/** An assembly of which some processes stay as they are when the others go back. */
export interface Staying {
  readonly members: ReadonlyMap<string, Process>;
  /** The messages under way on the channel to one that stays, from one that goes back; or the other way around. */
  inFlight(channel: ChannelDescription): readonly RecordedMessage[];
  /** The channel between two that stay. */
  channel(id: string): Channel;
}

/**
 * Assembles a network. Those that stay take no notice of it yet.
 *
 * @param snapshot What it goes on from; checked to be one of this config.
 * @throws `does-not-fit` when some logic does not take its recorded state.
 */
export function assemble(plan: AssemblyPlan, snapshot: GlobalSnapshot | undefined, staying?: Staying): Assembly {
  const members = createProcesses(plan, snapshot, staying);
  const channels = createChannels(plan, members, snapshot, staying);
  for (const [id, process] of members) if (!staying?.members.has(id)) process.create();
  return { members, channels };
}

function createProcesses(
  { config, program, Process }: AssemblyPlan,
  snapshot: GlobalSnapshot | undefined,
  staying: Staying | undefined,
) {
  const members = new Map<string, Process>();
  for (const [id, { logic, input }] of config.processes) {
    const restoreFrom = snapshot?.processes[id];
    members.set(id, staying?.members.get(id) ?? new Process({ id, logic, input, restoreFrom, program }));
  }
  return members;
}

function createChannels(
  { config, schedule, Channel }: AssemblyPlan,
  members: ReadonlyMap<string, Process>,
  snapshot: GlobalSnapshot | undefined,
  staying: Staying | undefined,
): Map<string, Channel> {
  const channels = new Map<string, Channel>();
  for (const description of config.channels) {
    const { id, from, to, fifo } = description;
    const [senderStays, receiverStays] = [staying?.members.has(from), staying?.members.has(to)];
    const receiver = members.get(to)!;
    const channel = senderStays && receiverStays ? staying!.channel(id) : new Channel(id, schedule, receiver, fifo);
    channels.set(id, channel);
    if (!senderStays) members.get(from)!.connectTo(to, channel, snapshot?.processes[from]!.sent[id]!.count ?? 0);
    if (!receiverStays) {
      const received = snapshot?.processes[to]!.received[id] ?? { count: 0 };
      receiver.connectFrom(channel, fifo ? received : { beyond: [], ...received });
    }
    if (senderStays && receiverStays) continue;
    const messages = senderStays || receiverStays ? staying!.inFlight(description) : snapshot?.channels[id]!.messages;
    // Before any actor exists, so that nothing of theirs overtakes what was in flight.
    for (const { seq, event } of messages ?? []) {
      channel.send({ type: 'message', seq, event: copyPlain(event, `message ${seq} on channel "${id}"`) });
    }
  }
  return channels;
}
