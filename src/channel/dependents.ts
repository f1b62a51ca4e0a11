/**
 * Who goes back with whom, so that nobody else has to.
 *
 * **What is undone.** A checkpoint C is a consistent cut. When some processes go back to it and the others stay, what is left
 * is a consistent cut, too, if and only if nobody who stays has received what somebody who goes back has sent since C. So
 * the crashed go back, and whoever *follows* one of them, directly or through others. It does not matter that C is older
 * than the crash: who goes back undoes all that it did since C, and may do something else next time.
 *
 * **What each process knows**, of its own part of C and of its counters alone:
 *
 * - of each incoming channel, how many messages had been sent on it in C: those received in it, and those in flight. It
 *   follows the sender if it has received more. Numbers go on after a rollback, so this holds however many came between.
 * - of each outgoing channel, the messages that it has sent since C, which it keeps until it knows that a later checkpoint
 *   is safely down, and no more than a bound of them. It follows the receiver if it does not keep all of them: for one
 *   that was restarted, those since the checkpoint it came from.
 *
 * **Two phases.** One would not do: a process that has said whom it follows must not take anything more.
 *
 * 1. The coordinator puts the decision down (an epoch, C, the crashed) and announces it. Whoever hears of it *holds still*:
 *    it takes nothing from its channels, gives up snapshots under way, drops nothing of what it keeps, whatever the bound
 *    and whatever is saved, and reports whom it follows. Its actor stays, takes events from outside and timers, and sends;
 *    what it sends waits. Who does not report in time has crashed.
 * 2. When everybody but the crashed has reported, the coordinator puts down who goes back, and announces that. Everybody goes
 *    on, each at its own time; envelopes pass between two processes as soon as both do.
 *
 * | channel       | who goes back                                    | who stays                                             |
 * | ------------- | ------------------------------------------------ | ----------------------------------------------------- |
 * | both go back  | counters and messages in flight as in C          |                                                       |
 * | sender stays  | receives: in flight as in C; next, what is sent again | sends again what it keeps since C, in order, numbered as it was |
 * | receiver stays | sends: counts as in C                           | has in flight what C has and it has not taken, drops the rest: undone |
 * | both stay     |                                                  | goes on; nothing is sent again                        |
 *
 * In Chandy and Lamport's algorithm a receiver has taken all that C has in flight before C is complete: who stays has some of
 * it to take only if it went back to C itself before.
 *
 * **Another crash.** Until everybody goes on, and the coordinator has put that down, whoever was to go back by a decision
 * goes back by the next one, too: some may have gone on from C already, and others not yet have dropped what these had
 * sent before. A coordinator that is started anew reads the decision and decides again. A life that was granted its part
 * and then crashed is never replaced within one decision. Later crashes, before the next checkpoint, need nothing more.
 *
 * **Markers** carry their epoch, and are dropped in another one: between two who stay they would come through a rollback,
 * and end the recording of a channel early. **Inputs** that are logged are sent by a log that never crashes and
 * keeps everything: who goes back reads on from the number that its state has. **Who has no part of C**, or is not there to
 * report, goes back.
 *
 * What is not sent over channels is not seen: of two processes that act on one another through a file, a timer's
 * period or a person, one may stay when the other goes back (it was so between programs and the world before; it is so
 * between processes now).
 *
 * In one program nobody has to be asked, as everything stands still between two steps: src/network/since-checkpoint.ts.
 * Over links all go back as yet. test/recovery/dependents-model.ts is a model of all this, and shows what each rule is for.
 */
import { reachableFrom } from './topology.js';

/** How far a channel has come since a checkpoint. */
export interface ChannelProgress {
  readonly from: string;
  readonly to: string;
  /** Messages that had been sent on it in the checkpoint. */
  readonly sentThen: number;
  /** The highest number of a message received; `Infinity` when the channel has begun anew since, and counts from 1. */
  readonly received: number;
  /** The number of the message after which its sender keeps all. */
  readonly keptAfter: number;
}

/**
 * Finds who follows whom: whose going back takes it back, too.
 *
 * @param channels All channels between the processes.
 * @returns By process: those that it follows. Linear in the channels.
 */
export function leadersOf(channels: Iterable<ChannelProgress>): ReadonlyMap<string, ReadonlySet<string>> {
  const leaders = new Map<string, Set<string>>();
  const follow = (process: string, leader: string) =>
    leaders.set(process, (leaders.get(process) ?? new Set<string>()).add(leader));
  for (const { from, to, sentThen, received, keptAfter } of channels) {
    if (received > sentThen) follow(to, from);
    if (keptAfter > sentThen) follow(from, to);
  }
  return leaders;
}

/**
 * Finds who goes back.
 *
 * @param crashed Those that have lost what they did since the checkpoint.
 * @param follows By process: those whose going back takes it back, too.
 * @returns The crashed, and all who follow one of them, directly or through others. Linear in the size of `follows`.
 */
export function dependents(
  crashed: Iterable<string>,
  follows: ReadonlyMap<string, ReadonlySet<string>>,
): ReadonlySet<string> {
  const followers = new Map<string, string[]>();
  for (const [process, leaders] of follows) {
    for (const leader of leaders) {
      const known = followers.get(leader);
      if (known === undefined) followers.set(leader, [process]);
      else known.push(process);
    }
  }
  return reachableFrom(crashed, followers);
}
