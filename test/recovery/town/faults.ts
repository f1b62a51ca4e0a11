/** What is done to a town of programs, at random: kills in every phase, programs that stand still, ways that are cut. */
import { createRandom } from '../../../src/schedule/random.js';
import type { Phase, Said } from './program.js';
import { CLIENTS, IDS, Town, type Id, type Program } from './town.js';

type Random = ReturnType<typeof createRandom>;

/** Does something to the town, and puts it right. Returns how many faults it was. */
type Fault = (town: Town, random: Random) => Promise<number>;

/** The most rollbacks that one zombie may cause. */
const MOST_ROLLBACKS = 2;
/** How many words are said at most before the moment comes at which something is done. */
const LONGEST_WAIT = 25;

const hub = 'hub';

async function someTime(town: Town, random: Random): Promise<void> {
  await town.waitForWords(random.integer(0, LONGEST_WAIT));
}

function pickSome(random: Random, from: readonly Id[], count: number): Id[] {
  const left = [...from];
  return Array.from({ length: count }, () => left.splice(random.integer(0, left.length - 1), 1)[0]!);
}

/** One, two or three at once, while inputs are under way. */
const killAtOnce: Fault = async (town, random) => {
  await someTime(town, random);
  const victims = pickSome(random, IDS, random.integer(1, 3));
  for (const id of victims) for (let n = 0; n < 3; n++) town.sendInput(id);
  await town.kill(...victims);
  if (random.chance(0.3)) await someTime(town, random);
  town.startAll();
  return victims.length;
};

/** Each while the last one has not been recovered from. */
const killInARow: Fault = async (town, random) => {
  const count = random.integer(2, 4);
  for (let kill = 0; kill < count; kill++) {
    await town.kill(random.pick(IDS));
    const [started] = town.startAll();
    const moment = random.pick(['begun', 'connected', 'any']);
    if (moment === 'begun') await town.waitUntil('it has begun', () => started!.said.length > 0);
    else if (moment === 'any') await town.waitForWords(random.integer(1, 6));
    else if (started!.id !== hub)
      await town.waitUntil('it is connected', () => town.saidBy(started!, 'link.connected') !== undefined);
  }
  return count;
};

/** The hub is killed while it is about to write something, or has just written it. */
const killHubAt =
  (phase: Phase): Fault =>
  async (town, random) => {
    const first = town.program(hub);
    town.stay(hub, phase);
    const victims = [hub, ...pickSome(random, CLIENTS, random.integer(0, 2))] as Id[];
    const needsCrash = phase.startsWith('decid');
    const crashed = needsCrash ? random.pick(CLIENTS) : undefined;
    if (crashed !== undefined) {
      await town.kill(crashed);
      town.startAll();
    }
    if (phase.startsWith('log')) town.sendInput(hub);
    await town.reached(first, phase);
    await town.kill(...victims);
    town.startAll();
    return victims.length + (crashed === undefined ? 0 : 1);
  };

/** The hub is killed while it reads the checkpoint that it goes on from. */
const killHubAsItBegins: Fault = async (town) => {
  await town.kill(hub);
  await town.reached(town.start(hub, 'fetching'), 'fetching');
  await town.kill(hub);
  town.startAll();
  return 2;
};

/** One of those who go back is not there, so that it takes its time; meanwhile the hub or another one is killed. */
const killWhileGathering: Fault = async (town, random) => {
  const [missing, other] = pickSome(random, CLIENTS, 2) as [Id, Id];
  await town.hubSays('recovery.begun', '', () => void town.kill(missing));
  const victims = random.pick([[hub], [other], [hub, other]] as const);
  await town.kill(...victims);
  town.startAll();
  return 1 + victims.length;
};

/** A client is killed while it fetches what it goes back to. */
const killWhileFetching: Fault = async (town, random) => {
  const [victim, other] = pickSome(random, CLIENTS, 2) as [Id, Id];
  await town.kill(victim);
  const phase = random.pick(['fetching', 'fetched'] as const);
  await town.reached(town.start(victim, phase), phase);
  const victims = random.pick([[victim], [victim, hub], [victim, other], [victim, other, hub]] as const);
  await town.kill(...victims);
  town.startAll();
  return 1 + victims.length;
};

/** A client is killed around the moment at which an input is safe. */
const killWhileLogging: Fault = async (town, random) => {
  const victim = random.pick(CLIENTS);
  const phase = random.pick(['logging', 'logged', 'trimming', 'trimmed'] as const);
  const program = town.program(victim);
  town.stay(victim, phase);
  town.sendInput(victim);
  await town.reached(program, phase);
  await town.kill(victim);
  town.startAll();
  return 1;
};

/** Clients stand still until they are missed, or are not; other lives take their places; then they wake up. */
const zombies: Fault = async (town, random) => {
  const ids = pickSome(random, CLIENTS, random.integer(1, 2));
  let old: Program[] = [];
  const freeze = () => (old = ids.map((id) => town.freeze(id)));
  if (random.chance(0.5)) freeze();
  else await town.hubSays('crash.detected', ids[0], freeze);
  const others = random.chance(0.5)
    ? pickSome(
        random,
        IDS.filter((other) => !ids.includes(other)),
        1,
      )
    : [];
  await town.kill(...others);
  town.startAll();
  for (const id of ids) town.start(id);
  await town.snapshot();
  for (const program of old) await wake(town, program);
  return ids.length + others.length;
};

/** The hub stands still, and another one takes its place; at some moment after that it wakes up. */
const zombieHub: Fault = async (town, random) => {
  await someTime(town, random);
  const old = town.freeze(hub);
  const others = random.chance(0.5) ? pickSome(random, CLIENTS, 1) : [];
  await town.kill(...others);
  town.startAll();
  await untilTakenOver(town, random);
  await wake(town, old);
  return 1 + others.length;
};

/** Another hub is started beside the one there is. */
const twinHub: Fault = async (town, random) => {
  const old = town.program(hub);
  await untilTakenOver(town, random);
  await end(town, old);
  return 1;
};

async function untilTakenOver(town: Town, random: Random): Promise<void> {
  const next = town.start(hub);
  const moment = random.pick(['listening', 'coordinator.leading', 'recovery.begun', 'snapshot'] as const);
  if (moment === 'snapshot') return void (await town.snapshot());
  await town.waitUntil(`the next hub says ${moment}`, () => town.saidBy(next, moment));
}

/** Another client is started beside the one there is. */
const twin: Fault = async (town, random) => {
  const id = random.pick(CLIENTS);
  const old = town.program(id);
  town.start(id);
  await end(town, old);
  return 1;
};

/** It is told inputs as it wakes. */
async function wake(town: Town, old: Program): Promise<void> {
  for (let n = 0; n < 5; n++) town.sendInput(old.id, old);
  const leading = town.program(hub);
  const from = leading.said.length;
  town.thaw(old);
  await end(town, old);
  await town.snapshot();
  refuseManyRollbacks(leading.said.slice(from), MOST_ROLLBACKS);
}

async function end(town: Town, old: Program): Promise<void> {
  await town.waitUntil(`${old.id}, life ${old.number}, has ended`, () => old.state === 'ended');
}

/** Whoever else is slow on a busy machine counts as silent, and is no zombie's fault. */
function refuseManyRollbacks(said: readonly Said[], most: number): void {
  const told = said.filter((one) => one.type === 'recovery');
  const begun = told.filter(({ event }) => event === 'recovery.begun');
  const silent = told.filter(({ event, why }) => event === 'crash.detected' && why.startsWith('nothing was heard'));
  if (begun.length > most + silent.length)
    throw new Error(`Expected ${most} rollbacks at most, got ${begun.length}: ${JSON.stringify(told)}`);
}

const someClients = (random: Random) => pickSome(random, CLIENTS, random.integer(1, 3));

/** Clients stand still until they are missed, and go on: the same lives as before. */
const sleep: Fault = async (town, random) => {
  const ids = someClients(random);
  let asleep: Program[] = [];
  await town.hubSays('crash.detected', ids[0], () => (asleep = ids.map((id) => town.freeze(id))));
  for (const program of asleep) town.thaw(program);
  return ids.length;
};

/** Clients are cut off, for long or not, and come back. */
const partition: Fault = async (town, random) => {
  const ids = someClients(random);
  await town.hubSays(random.pick(['crash.detected', 'link.cut']), ids[0], () => ids.forEach((id) => town.cut(id)));
  const others = random.chance(0.3) ? pickSome(random, IDS, 1) : [];
  await town.kill(...others);
  town.startAll();
  for (const id of ids) town.heal(id);
  return ids.length + others.length;
};

/** What is sent over connections goes nowhere, and nobody is told. */
const halfOpen: Fault = async (town, random) => {
  const ids = someClients(random);
  await town.hubSays('link.cut', ids[0], () => ids.forEach((id) => town.mute(id)));
  return ids.length;
};

/** Clients are killed, one to three at once. */
const killClients: Fault = async (town, random) => {
  const victims = someClients(random);
  await town.kill(...victims);
  town.startAll();
  return victims.length;
};

/** Each kind, as often as it is in a round of all. */
const KINDS: Readonly<Record<string, Fault>> = {
  killAtOnce,
  'killAtOnce, again': killAtOnce,
  killInARow,
  'killHubAt saving': killHubAt('saving'),
  'killHubAt saved': killHubAt('saved'),
  'killHubAt deciding': killHubAt('deciding'),
  'killHubAt decided': killHubAt('decided'),
  'killHubAt logging': killHubAt('logging'),
  killHubAsItBegins,
  killWhileGathering,
  killWhileFetching,
  killWhileLogging,
  zombies,
  zombieHub,
  twin,
  twinHub,
  sleep,
  partition,
  halfOpen,
};

/** Those that the hub outlives. */
const GENTLE: Readonly<Record<string, Fault>> = { killClients, halfOpen, twin };

/** What was done, and what came of it. */
export interface Outcome {
  readonly faults: number;
  readonly kinds: ReadonlySet<string>;
  readonly counts: Readonly<Record<string, number>>;
  /** Inputs that were said to be safe. */
  readonly safe: number;
  readonly messages: Readonly<Record<string, number>>;
}

/** Does so many faults to a town, at the least, of one kind after the other; after each, all must be well. */
export function beset(seed: number, count: number, tell: (line: string) => void): Promise<Outcome> {
  return inTown(seed, undefined, async (town, random) => {
    let left: string[] = [];
    const kinds = new Set<string>();
    let faults = 0;
    while (faults < count) {
      if (left.length === 0) left = Object.keys(KINDS);
      const [kind] = left.splice(random.integer(0, left.length - 1), 1) as [string];
      kinds.add(kind);
      const from = performance.now();
      try {
        if (random.chance(0.4)) await town.hubSays('checkpoint.saved');
        faults += await KINDS[kind]!(town, random);
        await town.snapshot();
      } catch (error) {
        throw new Error(`After ${faults} faults, in ${kind}: ${(error as Error).message}`, { cause: error });
      }
      tell(`${faults} ${kind} ${Math.round(performance.now() - from)} ms, epoch ${town.epoch}`);
    }
    return { faults, kinds };
  });
}

/** Does so many faults, at the least, to a town whose hub outlives them, and tolerates what it does by default. */
export function wearOut(seed: number, count: number, tell: (line: string) => void): Promise<Outcome> {
  return inTown(seed, 'default', async (town, random) => {
    const kinds = new Set<string>();
    let faults = 0;
    while (faults < count) {
      const kind = random.pick(Object.keys(GENTLE));
      kinds.add(kind);
      await town.hubSays('checkpoint.saved');
      faults += await GENTLE[kind]!(town, random);
      await town.snapshot();
      const { growthBytes, isFlat } = await town.heap(hub);
      if (!isFlat) throw new Error(`The heap of the hub has grown by ${growthBytes} bytes in ${faults} faults.`);
      tell(`${faults} ${kind}, epoch ${town.epoch}, heap grown by ${growthBytes} bytes`);
    }
    return { faults, kinds };
  });
}

async function inTown(
  seed: number,
  tolerate: 'default' | undefined,
  act: (town: Town, random: Random) => Promise<Pick<Outcome, 'faults' | 'kinds'>>,
): Promise<Outcome> {
  const random = createRandom(seed);
  const town = await Town.open({ random: createRandom(seed).next, tolerate });
  try {
    const { faults, kinds } = await act(town, random);
    await town.settle();
    return { faults, kinds, counts: town.counts, safe: town.checker.safe, messages: town.messageFaults };
  } finally {
    await town.close();
  }
}
