/**
 * A model of rollbacks in which only those go back who depend on what was lost; the rules stand in
 * src/channel/dependents.ts. Coins travel between processes whose behaviour is arbitrary: one that goes back may send
 * something else than before. What a session does is left out: between two processes that are linked nothing is lost, and
 * order is kept. The coordinator is a record in a store, and may be started anew at any step.
 */
import { dependents } from '../../src/channel/dependents.js';

/** How often something may happen. */
interface Budget {
  sends: number;
  checkpoints: number;
  crashes: number;
  /** Of the coordinator, which then decides anew. */
  restarts: number;
}

/** What is modelled. */
export interface Scope extends Budget {
  /** Pairs of processes, which are numbers from 0 on. */
  readonly channels: readonly (readonly [from: number, to: number])[];
  /** Messages that are kept for each channel. */
  readonly keptAtMost?: number;
  readonly broken?: Partial<Rules>;
}

/** The rules, as they should be; a test breaks one at a time. */
export interface Rules {
  readonly dependents: typeof dependents;
  /** From its report on, a process takes nothing until it knows who goes back. */
  readonly holds: boolean;
  /** Who was to go back by a decision that is not done goes back by the next one, too. */
  readonly takesOver: boolean;
  /** Another life of a process that was granted its part goes on by another decision alone. */
  readonly grantsOnce: boolean;
  /** What was received counts from the checkpoint on, whatever rollbacks there were since. */
  readonly remembers: boolean;
  /** Who stays drops what is under way to it and undone. */
  readonly drops: boolean;
  /** Who stays has what was in flight to it in the checkpoint. */
  readonly supplies: boolean;
  /** Who stays sends again what it has kept. */
  readonly sendsAgain: boolean;
  /** Who goes back has what was in flight to it in the checkpoint, before what is sent again. */
  readonly restores: boolean;
  /** Who does not keep all that it would have to send again goes back with its receiver. */
  readonly admitsOverflow: boolean;
  /** From its report on, a process drops nothing of what it keeps, whatever the bound. */
  readonly keepsPromise: boolean;
  /** What was sent before a checkpoint was recorded is kept until that is safely down. */
  readonly keepsUntilSaved: boolean;
  /** Markers count in their epoch alone. */
  readonly dropsOldMarkers: boolean;
}

const SOUND: Rules = {
  dependents,
  holds: true,
  takesOver: true,
  grantsOnce: true,
  remembers: true,
  drops: true,
  supplies: true,
  sendsAgain: true,
  restores: true,
  admitsOverflow: true,
  keepsPromise: true,
  keepsUntilSaved: true,
  dropsOldMarkers: true,
};

/** A coin under way, marked with the epoch in which its sender had last gone back; or the marker of an epoch. */
type Item = readonly [seq: number, history: string] | readonly ['marker', epoch: number];

/** The two ends of a channel. */
interface Ends {
  /** The histories of all messages sent. */
  sent: string;
  /** Messages after this one are kept by the sender. */
  keptAfter: number;
  /** What the sender has no way for yet. */
  outbox: readonly Item[];
  /** The histories of all messages taken. */
  received: string;
  /** What has come in. */
  inbox: readonly Item[];
  /** Messages taken that the receiver does not remember; 0 by the rules. */
  forgotten: number;
}

interface Member {
  coins: number;
  /** The last decision that it heard of, and the last one that it went on by. */
  epoch: number;
  actsIn: number;
  history: string;
  isDown: boolean;
  /** Whether it has crashed since the last decision. */
  isNews: boolean;
  /** The checkpoint that it knows to be saved. */
  saved: number;
}

/** A global snapshot; some of it not known yet, while it is being taken. */
interface Cut {
  coins: (number | undefined)[];
  channels: { sent?: string; received?: string; inFlight: readonly Item[]; isClosed: boolean }[];
}

/** A state of everything. */
export interface World {
  members: Member[];
  channels: Ends[];
  decision: {
    epoch: number;
    phase: 'asking' | 'going' | 'done';
    /** Who has crashed; as soon as it is known, who goes back. */
    back: readonly number[];
    /** Whom each follows. */
    reports: (readonly number[] | undefined)[];
  };
  checkpoint: Cut;
  checkpointNumber: number;
  taking: Cut | undefined;
  left: Budget;
  bad: string | undefined;
}

/** Something that may happen. */
export interface Move {
  readonly label: string;
  readonly next: World;
  /** Whether it is one of the moves that every recovery comes to its end by. */
  readonly leadsOn: boolean;
}

/** The system of a scope. */
export function createModel(scope: Scope) {
  const { channels, keptAtMost = Infinity, broken } = scope;
  const rules = { ...SOUND, ...broken };
  const ids = [...new Set(channels.flat())].sort((a, b) => a - b);
  const channelsOut = (id: number) => channels.flatMap(([from], channel) => (from === id ? channel : []));
  const channelsIn = (id: number) => channels.flatMap(([, to], channel) => (to === id ? channel : []));
  const nameOf = (channel: number) => channels[channel]!.join('->');

  const initial: World = {
    members: ids.map(() => ({ coins: 2, epoch: 0, actsIn: 0, history: '0', isDown: false, isNews: false, saved: 0 })),
    channels: channels.map(() => ({ sent: '', keptAfter: 0, outbox: [], received: '', inbox: [], forgotten: 0 })),
    decision: { epoch: 0, phase: 'done', back: [], reports: [] },
    checkpoint: {
      coins: ids.map(() => 2),
      channels: channels.map(() => ({ sent: '', received: '', inFlight: [], isClosed: true })),
    },
    checkpointNumber: 0,
    taking: undefined,
    left: pickBudget(scope),
    bad: undefined,
  };

  const isActing = ({ isDown, epoch, actsIn }: Member) => !isDown && actsIn === epoch;
  const takes = (member: Member) => (rules.holds ? isActing(member) : !member.isDown);

  const isLinked = ({ members }: World, channel: number) => {
    const [from, to] = channels[channel]!.map((id) => members[id]!) as [Member, Member];
    return isActing(from) && isActing(to) && from.epoch === to.epoch;
  };

  /** What the sender puts on a channel comes in as soon as there is a way. */
  function pass(world: World): void {
    world.channels.forEach((ends, channel) => {
      if (ends.outbox.length === 0 || !isLinked(world, channel)) return;
      ends.inbox = [...ends.inbox, ...ends.outbox];
      ends.outbox = [];
    });
  }

  // The application, and checkpoints of it.

  function send(world: World, channel: number): void {
    const sender = world.members[channels[channel]![0]]!;
    const ends = world.channels[channel]!;
    sender.coins--;
    ends.sent += sender.history;
    if (isActing(sender) || !rules.keepsPromise) {
      ends.keptAfter = Math.max(ends.keptAfter, ends.sent.length - keptAtMost);
    }
    ends.outbox = [...ends.outbox, [ends.sent.length, sender.history]];
  }

  function receive(world: World, channel: number): void {
    const ends = world.channels[channel]!;
    const to = channels[channel]![1];
    const [item, ...rest] = ends.inbox;
    ends.inbox = rest;
    if (item![0] === 'marker') return receiveMarker(world, channel, item![1] as number);
    const [seq, history] = item as [number, string];
    if (seq !== ends.received.length + 1) world.bad = `message ${ends.received.length + 1} was next, got ${seq}`;
    const recorded = world.taking?.channels[channel];
    if (recorded?.received !== undefined && !recorded.isClosed)
      recorded.inFlight = [...recorded.inFlight, [seq, history]];
    ends.received += history;
    world.members[to]!.coins++;
  }

  function record(world: World, id: number): void {
    const { taking } = world;
    taking!.coins[id] = world.members[id]!.coins;
    for (const channel of channelsIn(id)) taking!.channels[channel]!.received = world.channels[channel]!.received;
    for (const channel of channelsOut(id)) {
      const ends = world.channels[channel]!;
      taking!.channels[channel]!.sent = ends.sent;
      ends.outbox = [...ends.outbox, ['marker', world.members[id]!.epoch]];
      if (!rules.keepsUntilSaved) ends.keptAfter = ends.sent.length;
    }
  }

  function receiveMarker(world: World, channel: number, epoch: number): void {
    const to = channels[channel]![1];
    const { taking } = world;
    if (taking === undefined || (rules.dropsOldMarkers && epoch !== world.members[to]!.epoch)) return;
    if (taking.coins[to] === undefined) record(world, to);
    taking.channels[channel]!.isClosed = true;
  }

  function save(world: World): void {
    world.checkpoint = world.taking!;
    world.checkpointNumber++;
    world.taking = undefined;
    if (!isExact(world.checkpoint)) world.bad = 'a checkpoint is not consistent';
  }

  function isExact({ coins, channels }: Cut): boolean {
    const held = coins.reduce<number>((sum, count) => sum + count!, 0);
    const inFlight = channels.reduce((sum, channel) => sum + channel.inFlight.length, 0);
    const isWhole = channels.every(({ sent, received, inFlight }) => sent === received! + historiesOf(inFlight));
    return isWhole && held + inFlight === 2 * ids.length;
  }

  function learnSaved(world: World, id: number): void {
    world.members[id]!.saved = world.checkpointNumber;
    for (const channel of channelsOut(id)) {
      const ends = world.channels[channel]!;
      ends.keptAfter = Math.max(ends.keptAfter, world.checkpoint.channels[channel]!.sent!.length);
    }
  }

  // Rollbacks.

  /** @param loses Whether what it has sent, and has not been taken, had not got out. */
  function crash(world: World, id: number, loses: boolean): void {
    Object.assign(world.members[id]!, { coins: 0, history: '', isDown: true, isNews: true });
    for (const channel of channelsOut(id)) {
      const ends = world.channels[channel]!;
      Object.assign(ends, { sent: '', keptAfter: 0, outbox: [] });
      if (loses) ends.inbox = [];
    }
    for (const channel of channelsIn(id))
      Object.assign(world.channels[channel]!, { received: '', inbox: [], forgotten: 0 });
  }

  function decide(world: World): void {
    const { decision, members } = world;
    const down = ids.filter((id) => members[id]!.isDown);
    const before = rules.takesOver && decision.phase !== 'done' ? decision.back : [];
    const back = ids.filter((id) => down.includes(id) || before.includes(id));
    world.decision = { epoch: decision.epoch + 1, phase: 'asking', back, reports: ids.map(() => undefined) };
    world.taking = undefined;
    for (const member of members) member.isNews = false;
  }

  function hear(world: World, id: number): void {
    const member = world.members[id]!;
    member.epoch = world.decision.epoch;
    world.decision.reports[id] = followedBy(world, id);
    if (rules.remembers) return;
    for (const channel of channelsIn(id)) {
      const ends = world.channels[channel]!;
      ends.forgotten = Math.max(0, ends.received.length - sentInCut(world, channel));
    }
  }

  const sentInCut = ({ checkpoint }: World, channel: number) => {
    const { received, inFlight } = checkpoint.channels[channel]!;
    return received!.length + inFlight.length;
  };

  /** Whose going back takes a process back, too: what it says of itself. */
  function followedBy(world: World, id: number): number[] {
    const senders = channelsIn(id).filter((channel) => {
      const { received, forgotten } = world.channels[channel]!;
      return received.length - forgotten > sentInCut(world, channel);
    });
    const receivers = channelsOut(id).filter((channel) => rules.admitsOverflow && !isKept(world, channel));
    const peers = [
      ...senders.map((channel) => channels[channel]![0]),
      ...receivers.map((channel) => channels[channel]![1]),
    ];
    return [...new Set(peers)].sort((a, b) => a - b);
  }

  const isKept = ({ channels, checkpoint }: World, channel: number) =>
    channels[channel]!.keptAfter <= checkpoint.channels[channel]!.sent!.length;

  function choose(world: World): void {
    const { decision } = world;
    const follows = new Map(decision.reports.map((report, id) => [String(id), new Set(report?.map(String))]));
    const back = [...rules.dependents(decision.back.map(String), follows)].map(Number).sort((a, b) => a - b);
    const fewest = fewestGoingBack(world);
    if (fewest !== undefined && String(fewest) !== String(back)) {
      world.bad = `[${fewest.join()}] have to go back, and [${back.join()}] do`;
    }
    world.decision = { ...decision, phase: 'going', back, reports: [] };
  }

  /**
   * The fewest that can go back so that a consistent cut is left, by the histories that no process knows; unknown when one
   * has crashed in between, and its history is gone.
   */
  function fewestGoingBack(world: World): number[] | undefined {
    const { back } = world.decision;
    if (ids.some((id) => world.members[id]!.isDown && !back.includes(id))) return undefined;
    const sets = Array.from({ length: 2 ** ids.length }, (_, bits) => ids.filter((id) => (bits >> id) & 1));
    return sets
      .filter(
        (set) =>
          back.every((id) => set.includes(id)) && channels.every((_, channel) => leavesConsistent(world, channel, set)),
      )
      .sort((a, b) => a.length - b.length)[0];
  }

  function leavesConsistent(world: World, channel: number, back: readonly number[]): boolean {
    const [isSenderBack, isReceiverBack] = channels[channel]!.map((id) => back.includes(id));
    const then = world.checkpoint.channels[channel]!;
    const now = world.channels[channel]!;
    const sent = isSenderBack ? then.sent! : now.sent;
    const received = isReceiverBack ? then.received! : now.received;
    const canBeSentAgain = keptAtMost === Infinity || isKept(world, channel);
    return sent.startsWith(received) && (isSenderBack || !isReceiverBack || canBeSentAgain);
  }

  function goOn(world: World, id: number): void {
    const { back, epoch } = world.decision;
    const member = world.members[id]!;
    Object.assign(member, { isDown: false, isNews: false, epoch, actsIn: epoch });
    if (back.includes(id)) return goBack(world, id);
    for (const channel of channelsIn(id)) if (back.includes(channels[channel]![0])) stayReceiving(world, channel);
    for (const channel of channelsOut(id)) if (back.includes(channels[channel]![1])) staySending(world, channel);
  }

  function goBack(world: World, id: number): void {
    const { checkpoint, decision, checkpointNumber: saved } = world;
    Object.assign(world.members[id]!, { coins: checkpoint.coins[id]!, history: String(decision.epoch), saved });
    for (const channel of channelsOut(id)) {
      const sent = checkpoint.channels[channel]!.sent!;
      Object.assign(world.channels[channel]!, { sent, keptAfter: sent.length, outbox: [] });
    }
    for (const channel of channelsIn(id)) {
      const { received, inFlight } = checkpoint.channels[channel]!;
      Object.assign(world.channels[channel]!, { received, inbox: rules.restores ? inFlight : [], forgotten: 0 });
    }
  }

  /** The sender goes back, and the receiver stays. */
  function stayReceiving(world: World, channel: number): void {
    const ends = world.channels[channel]!;
    const { inFlight } = world.checkpoint.channels[channel]!;
    const undone = (item: Item) => item[0] === 'marker' || item[0] > sentInCut(world, channel);
    const due = inFlight.filter((item) => (item[0] as number) > ends.received.length);
    if (rules.supplies) ends.inbox = rules.drops ? due : [...due, ...ends.inbox.filter(undone)];
    else ends.inbox = ends.inbox.filter((item) => !undone(item));
  }

  /** The receiver goes back, and the sender stays. */
  function staySending(world: World, channel: number): void {
    const ends = world.channels[channel]!;
    const from = world.checkpoint.channels[channel]!.sent!.length;
    const all = Array.from(ends.sent, (history, index): Item => [index + 1, history]);
    ends.outbox = rules.sendsAgain ? all.slice(Math.max(from, ends.keptAfter)) : [];
  }

  // What may happen.

  function movesOf(world: World): Move[] {
    if (world.bad !== undefined) return [];
    const moves: Move[] = [];
    const add = (label: string, leadsOn: boolean, apply: (world: World) => void) => {
      const next = clone(world);
      apply(next);
      pass(next);
      if (next.bad === undefined && isSettled(next) && !isExact(cutOf(next))) next.bad = 'a coin is lost or doubled';
      moves.push({ label, next, leadsOn });
    };
    addApplication(world, add);
    addCheckpoints(world, add);
    addFaults(world, add);
    addRecovery(world, add);
    return moves;
  }

  type Add = (label: string, leadsOn: boolean, apply: (world: World) => void) => void;

  function addApplication({ members, channels: ends, left }: World, add: Add): void {
    channels.forEach(([from, to], channel) => {
      const sender = members[from]!;
      if (!sender.isDown && sender.coins > 0 && left.sends > 0) {
        add(`${nameOf(channel)} sent`, false, (next) => {
          next.left.sends--;
          send(next, channel);
        });
      }
      if (takes(members[to]!) && ends[channel]!.inbox.length > 0) {
        add(`${nameOf(channel)} taken`, false, (next) => receive(next, channel));
      }
    });
  }

  function addCheckpoints(world: World, add: Add): void {
    const { decision, taking, members, left } = world;
    const isDone = decision.phase === 'done';
    if (isDone && taking === undefined && left.checkpoints > 0 && isActing(members[0]!)) {
      add('checkpoint begun', false, (next) => {
        next.left.checkpoints--;
        next.taking = {
          coins: ids.map(() => undefined),
          channels: channels.map(() => ({ inFlight: [], isClosed: false })),
        };
        record(next, 0);
      });
    }
    if (taking?.channels.every(({ isClosed }) => isClosed)) add('checkpoint saved', false, save);
    for (const id of ids) {
      const { isDown, saved } = members[id]!;
      if (!isDown && saved < world.checkpointNumber) {
        add(`${id} knows it saved`, false, (next) => learnSaved(next, id));
      }
    }
  }

  function addFaults({ members, left }: World, add: Add): void {
    for (const id of ids) {
      if (members[id]!.isDown || left.crashes === 0) continue;
      for (const loses of [false, true]) {
        add(`${id} crashed${loses ? ', with what it had sent' : ''}`, false, (next) => {
          next.left.crashes--;
          crash(next, id, loses);
        });
      }
    }
    if (left.restarts > 0) {
      add('coordinator restarted', false, (next) => {
        next.left.restarts--;
        decide(next);
      });
    }
  }

  function addRecovery({ members, decision }: World, add: Add): void {
    const { epoch, phase, back, reports } = decision;
    if (members.some(({ isNews }) => isNews)) add('decided', true, decide);
    const isAnswered = ids.every((id) => back.includes(id) || reports[id] !== undefined);
    if (phase === 'asking' && isAnswered) add('chosen', true, choose);
    if (phase === 'going' && members.every((member) => isActing(member) && member.epoch === epoch)) {
      add('done', true, (next) => (next.decision = { ...decision, phase: 'done', back: [] }));
    }
    for (const id of ids) {
      const { isDown, epoch: heard, actsIn, isNews } = members[id]!;
      if (!isDown && heard < epoch) add(`${id} asked`, true, (next) => hear(next, id));
      const isGranted = back.includes(id) && (!isNews || !rules.grantsOnce);
      const isWaiting = isDown ? isGranted : heard === epoch && actsIn < epoch;
      if (phase === 'going' && isWaiting)
        add(`${id} ${back.includes(id) ? 'went back' : 'stayed'}`, true, (next) => goOn(next, id));
    }
  }

  function isSettled({ members, decision }: World): boolean {
    return (
      decision.phase !== 'asking' && members.every((member) => isActing(member) && member.epoch === decision.epoch)
    );
  }

  const cutOf = ({ members, channels }: World): Cut => ({
    coins: members.map(({ coins }) => coins),
    channels: channels.map(({ sent, received, inbox, outbox }) => ({
      sent,
      received,
      inFlight: [...inbox, ...outbox].filter(([seq]) => seq !== 'marker'),
      isClosed: true,
    })),
  });

  return { initial, movesOf, isSettled };
}

const historiesOf = (items: readonly Item[]) => items.map(([, history]) => history).join('');

const pickBudget = ({ sends, checkpoints, crashes, restarts }: Budget): Budget => ({
  sends,
  checkpoints,
  crashes,
  restarts,
});

const cloneCut = ({ coins, channels }: Cut): Cut => ({
  coins: [...coins],
  channels: channels.map((channel) => ({ ...channel })),
});

const clone = (world: World): World => ({
  ...world,
  members: world.members.map((member) => ({ ...member })),
  channels: world.channels.map((ends) => ({ ...ends })),
  decision: { ...world.decision, reports: [...world.decision.reports] },
  taking: world.taking && cloneCut(world.taking),
  left: { ...world.left },
});
