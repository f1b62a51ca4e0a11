import { expected, list, parseEvent } from '../../checks.js';
import { copyPlain } from '../../process/copy-plain.js';
import type { Random } from '../../schedule/random.js';
import { FAULT_NAMES, type DeploymentFaultName, type ParsedDeploymentOptions } from './deployment-options.js';
import type { DeploymentStep, DiskTrouble } from './deployment-step.js';
import { STORE, type Deployment } from './deployment.js';
import type { Life } from './life.js';

/** How likely each kind of step is against the others, before a run's own taste. */
const WEIGHTS = { arrive: 8, deliver: 8, disk: 6, send: 1.5, tick: 0.2, idle: 6 };

/** How long what goes wrong lasts, in milliseconds of the world, from the least to the most: near the least more often. */
const LASTING = {
  kill: [100, 20_000],
  pause: [500, 60_000],
  hold: [100, 60_000],
  disk: [100, 20_000],
} as const;
/** How far the time of day jumps at most, in milliseconds: an hour. */
const JUMP_MS = 3_600_000;
const TROUBLES: readonly DiskTrouble[] = ['full', 'slow', 'failing'];

/** Something that is undone later. */
interface Due {
  readonly at: number;
  readonly step: DeploymentStep;
}

/**
 * Chooses the steps of one run. All chance of a simulation is here, but for that of the programs.
 *
 * Each run has a taste of its own (swarm testing): in one hardly anything arrives, in another one disks are slow, or time
 * flies, or faults come in heaps.
 */
export class DeploymentChoice {
  private readonly weights: Readonly<Record<keyof typeof WEIGHTS, number>>;
  private readonly rates: Readonly<Record<DeploymentFaultName, number>>;
  private readonly due: Due[] = [];

  /** @param onFault Called with each fault as it happens. */
  constructor(
    private readonly options: ParsedDeploymentOptions,
    private readonly random: Random,
    private readonly onFault: (fault: DeploymentFaultName) => void,
  ) {
    const taste = (weight: number) => weight * 2 ** random.integer(-2, 2);
    this.weights = {
      arrive: taste(WEIGHTS.arrive),
      deliver: taste(WEIGHTS.deliver),
      disk: taste(WEIGHTS.disk),
      send: taste(WEIGHTS.send),
      tick: taste(WEIGHTS.tick),
      idle: taste(WEIGHTS.idle),
    };
    const rates = FAULT_NAMES.map((fault) => [fault, Math.min(1, taste(options.faults[fault]))] as const);
    this.rates = Object.fromEntries(rates) as Record<DeploymentFaultName, number>;
  }

  /** The next step; undefined when nothing can happen. */
  next(world: Deployment): DeploymentStep | undefined {
    return this.chooseDue(world) ?? this.chooseFault(world) ?? this.choose(world);
  }

  private choose(world: Deployment): DeploymentStep | undefined {
    const { random, weights } = this;
    const ends = [...world.sockets].filter(({ canArrive }) => canArrive);
    const awake = [...world.lives.values()].filter(({ isAwake }) => isAwake);
    const busy = awake.filter(({ schedule }) => schedule.pending.length > 0);
    const disks = [...world.disks].flatMap(([name, disk]) =>
      disk.trouble === 'slow' ? [] : Array.from(disk.waiting, (life) => ({ name, life })),
    );
    const isIdle = ends.length + busy.length + disks.length === 0;
    const tick = world.clock.nextDueAt === undefined ? 0 : isIdle ? weights.idle : weights.tick;
    const send = this.options.traffic === undefined ? 0 : weights.send;
    const arrive = ends.length > 0 ? weights.arrive : 0;
    const deliver = busy.length > 0 ? weights.deliver : 0;
    const disk = disks.length > 0 ? weights.disk : 0;
    const all = tick + send + arrive + deliver + disk;
    if (all === 0) return undefined;
    let at = random.next() * all - arrive;
    if (at < 0) {
      const { life, peer } = random.pick(ends);
      return { do: 'arrive', at: life.name, from: peer };
    }
    if ((at -= deliver) < 0) {
      const { name, schedule } = random.pick(busy);
      return { do: 'deliver', to: name, channel: random.pick(schedule.pending).id };
    }
    if ((at -= disk) < 0) {
      const { name, life } = random.pick(disks);
      return { do: 'disk', for: life.name, disk: name };
    }
    if ((at -= send) < 0) return this.send(world);
    return { do: 'tick' };
  }

  private send(world: Deployment): DeploymentStep {
    const sent = this.options.traffic!(this.random);
    if (sent === undefined) return { do: 'tick' };
    const { to, event } = sent;
    if (!world.ids.includes(to)) expected(`each \`to\` of \`traffic\` to be a program (${list(world.ids)})`, to);
    const lives = world.actingAs(to);
    const life = lives.length === 0 ? to : this.random.pick(lives).name;
    return { do: 'send', to: life, event: copyPlain(parseEvent(event), `an event of \`traffic\` to "${to}"`) };
  }

  private chooseDue(world: Deployment): DeploymentStep | undefined {
    const index = this.due.findIndex(({ at }) => at <= world.clock.now());
    if (index < 0) return undefined;
    const [{ step }] = this.due.splice(index, 1) as [Due];
    if (step.do === 'start' && world.actingAs(step.program).length > 0) return undefined; // somebody was quicker
    return step;
  }

  private chooseFault(world: Deployment): DeploymentStep | undefined {
    for (const fault of FAULT_NAMES) {
      if (this.rates[fault] === 0 || !this.random.chance(this.rates[fault])) continue;
      const step = this[fault](world);
      if (step === undefined) continue;
      this.onFault(fault);
      return step;
    }
    return undefined;
  }

  private undoLater(world: Deployment, fault: keyof typeof LASTING, step: DeploymentStep): void {
    const [least, most] = LASTING[fault];
    const lastingMs = Math.round(least * (most / least) ** this.random.next());
    this.due.push({ at: world.clock.now() + lastingMs, step });
  }

  // Faults.

  private kill(world: Deployment): DeploymentStep | undefined {
    const { random, options } = this;
    const running = runningIn(world);
    if (running.length === 0) return undefined;
    const most = random.chance(0.6) ? 1 : random.integer(1, world.ids.length);
    const programs = Array.from({ length: most }, () => random.pick(running).id);
    const lives = running.filter(({ id }) => programs.includes(id)).map(({ name }) => name);
    for (const program of new Set(programs)) {
      if (options.restart.includes(program)) this.undoLater(world, 'kill', { do: 'start', program });
    }
    return { do: 'kill', lives, written: random.integer(0, 2), silently: random.chance(0.3) };
  }

  private pause(world: Deployment): DeploymentStep | undefined {
    const running = runningIn(world).filter(({ isPaused }) => !isPaused);
    if (running.length === 0) return undefined;
    const { name: life } = this.random.pick(running);
    this.undoLater(world, 'pause', { do: 'resume', life });
    return { do: 'pause', life };
  }

  private twin(world: Deployment): DeploymentStep | undefined {
    const running = runningIn(world);
    return running.length === 0 ? undefined : { do: 'start', program: this.random.pick(running).id };
  }

  private cut(world: Deployment): DeploymentStep | undefined {
    const between = this.pair(world);
    return between && { do: 'cut', between, told: this.random.pick(['both', 'first', 'second'] as const) };
  }

  private hold(world: Deployment): DeploymentStep | undefined {
    const pair = this.pair(world);
    if (pair === undefined) return undefined;
    const [from, to] = pair;
    this.undoLater(world, 'hold', { do: 'free', from, to });
    if (this.random.chance(0.5)) {
      this.due.unshift({ at: world.clock.now(), step: { do: 'hold', from: to, to: from } });
      this.undoLater(world, 'hold', { do: 'free', from: to, to: from });
    }
    return { do: 'hold', from, to };
  }

  private jump(world: Deployment): DeploymentStep {
    const program = this.random.pick(world.ids);
    return { do: 'jump', program, ms: this.random.integer(-JUMP_MS, JUMP_MS) };
  }

  private disk(world: Deployment): DeploymentStep {
    const disk = this.random.pick([STORE, ...world.ids]);
    this.undoLater(world, 'disk', { do: 'mend', disk });
    return { do: 'break', disk, how: this.random.pick(TROUBLES) };
  }

  /** Two programs, either first, between which there is a way. */
  private pair(world: Deployment): readonly [string, string] | undefined {
    const ends = [...world.sockets];
    if (ends.length === 0) return undefined;
    const { life, peer } = this.random.pick(ends);
    return [life.id, peer];
  }
}

const runningIn = (world: Deployment): Life[] => [...world.lives.values()].filter(({ isOver }) => !isOver);
