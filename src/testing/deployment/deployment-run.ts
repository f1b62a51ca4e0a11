import type { EventObject } from 'xstate';
import { messageOf } from '../../errors.js';
import type { GlobalSnapshot } from '../../global-snapshot.js';
import { nextTask } from '../../schedule/event-loop.js';
import type { TraceEvent } from '../../trace.js';
import { verifySnapshot } from '../../verify/verify-snapshot.js';
import { canonicalText } from '../canonical.js';
import { judge, type Property } from '../properties.js';
import type { StoryNote } from '../story.js';
import { Books } from './books.js';
import type { DeploymentStep } from './deployment-step.js';
import { Deployment, type DeploymentSpec, type Watcher } from './deployment.js';
import type { Life } from './life.js';

/** What runs are made of. */
export interface DeploymentRunSetup extends DeploymentSpec {
  readonly properties: readonly Property[];
  /** How long everything may take to be well again once nothing goes wrong any more, in milliseconds. */
  readonly settleMs: number;
}

/** Which check noticed that something is wrong with a deployment. */
export type DeploymentCheckName =
  /** The programs do not come up, when nothing goes wrong. */
  | 'start'
  /** An input that was said to be safe is lost, or one is taken twice, or out of order. */
  | 'inputs'
  /** A message was lost, repeated or changed, by what snapshots say. */
  | 'delivery'
  /** `verifySnapshot` calls a snapshot inconsistent. */
  | 'consistency'
  /** Under supervision, a snapshot completed without one of the programs. */
  | 'whole'
  /** When nothing goes wrong any more, no snapshot of all programs completes in time. */
  | 'recovery'
  /** When all is well, two lives of a program act. */
  | 'lives'
  /** Timers, or what waits on ways, become ever more. */
  | 'growth'
  /** A program threw, or its process failed. */
  | 'process'
  /** A property that always holds does not. */
  | 'always';

/** What is wrong with a run. */
export interface DeploymentFailure {
  readonly check: DeploymentCheckName;
  /** For `always`: the property's name. */
  readonly property?: string | undefined;
  readonly message: string;
}

/** How often a snapshot is asked for at the end, in milliseconds; and how long it may take. */
const ASK_MS = 5000;
const SNAPSHOT_MS = 20_000;
/** Timers of one life, and frames that wait at one end: more are a leak. */
const MOST_TIMERS = 200;
const MOST_WAITING = 5000;
/** Rounds in which everything that can happen does, without an end of it. */
const MOST_ROUNDS = 200_000;

/** One run of a deployment: it does the steps that it is told, brings everything to its end, and watches. */
export class DeploymentRun implements Watcher {
  readonly books = new Books();
  /** All that happened. */
  readonly story: (TraceEvent | StoryNote)[] = [];
  /** The steps that were possible, and done. */
  readonly steps: DeploymentStep[] = [];
  /** The snapshots of all programs that completed. */
  readonly snapshots: GlobalSnapshot[] = [];
  /** Names of the `sometimes` properties that some snapshot of this run has. */
  readonly seen = new Set<string>();
  readonly counts = { events: 0, completed: 0, aborted: 0, rollbacks: 0, superseded: 0 };
  failure: DeploymentFailure | undefined;
  readonly world: Deployment;
  /** Events from outside that were said to be safe, by program and text. */
  private readonly safe = new Map<string, Map<string, number>>();
  /** When each snapshot began that was begun since all was well. */
  private readonly begun = new Set<string>();
  private isHealed = false;
  private isSupervised = false;
  private hasLeft = false;
  private isEnding = false;
  /** What was noted last of a program that ended, or a snapshot that did not complete. */
  private lastTrouble = '';

  constructor(private readonly setup: DeploymentRunSetup) {
    this.world = new Deployment(setup, this);
  }

  /** Lets all programs come up, with nothing going wrong. */
  async begin(): Promise<void> {
    const { world } = this;
    world.begin();
    const isUp = () => [...world.lives.values()].every(({ program }) => program !== undefined);
    if (await this.drive(isUp)) return;
    const missing = [...world.lives.values()].filter(({ program }) => program === undefined).map(({ name }) => name);
    this.fail(
      'start',
      `program(s) ${missing.join(', ')} did not come up in ${this.setup.settleMs} ms${this.lastTrouble}`,
    );
  }

  /** Does a step, if it is possible now, and lets all promises settle. Resolves to whether it was possible. */
  async perform(step: DeploymentStep): Promise<boolean> {
    if (this.failure !== undefined || !this.world.perform(step)) return false;
    if (step.do === 'send') this.counts.events++;
    this.steps.push(step);
    await settled();
    this.lookForGrowth();
    return true;
  }

  /** Heals all that is wrong, and looks whether everything comes to a good end. */
  async finish(): Promise<void> {
    if (this.failure === undefined) await this.heal();
    this.isEnding = true;
    this.world.end();
  }

  private async heal(): Promise<void> {
    const { world } = this;
    this.noted('from here on nothing goes wrong any more');
    world.heal();
    await settled();
    this.isHealed = true;
    const due = new Map(world.ids.map((id) => [id, world.logs.get(id)!.events.length]));
    const lacking = (snapshot: GlobalSnapshot) =>
      [...due].find(([id, count]) => (snapshot.processes[id]!.inputs ?? 0) < count);
    const doubled = () => world.ids.find((id) => world.actingAs(id).length > 1);
    let last: GlobalSnapshot | undefined;
    const isWell = () => {
      const newest = this.snapshots.at(-1);
      if (newest !== undefined && this.begun.has(newest.id)) last = newest;
      return last !== undefined && lacking(last) === undefined && doubled() === undefined;
    };
    this.askForSnapshots(0);
    if ((await this.drive(isWell)) || this.failure !== undefined) return this.judgeSafe();
    const after = `${this.setup.settleMs} ms after the last fault`;
    const twice = doubled();
    if (last === undefined)
      this.fail('recovery', `${after} no snapshot of all programs has completed${this.lastTrouble}`);
    else if (twice !== undefined) {
      const names = world.actingAs(twice).map(({ name }) => name);
      this.fail('lives', `${after} two lives of program "${twice}" act: ${names.join(', ')}`);
    } else {
      const [id, count] = lacking(last)!;
      const taken = last.processes[id]!.inputs ?? 0;
      this.fail('inputs', `${after} process "${id}" has taken ${taken} of the ${count} inputs of its log`);
    }
  }

  /** Has some process take a snapshot now and again. */
  private askForSnapshots(turn: number): void {
    const { world } = this;
    const id = world.ids[turn % world.ids.length]!;
    const life = world.actingAs(id).at(-1);
    life?.attempt(() => void life.process?.takeSnapshot({ timeoutMs: SNAPSHOT_MS }).catch(() => undefined));
    world.clock.setTimeout(() => this.askForSnapshots(turn + 1), ASK_MS);
  }

  /**
   * Lets everything happen that can, in turn, and time pass when there is no more.
   *
   * @returns Whether it came to what was to come, in time.
   */
  private async drive(isDone: () => boolean): Promise<boolean> {
    const { world } = this;
    const endsAt = world.clock.now() + this.setup.settleMs;
    await settled();
    for (let round = 0; round < MOST_ROUNDS && this.failure === undefined && !isDone(); round++) {
      if (!this.doAll()) {
        const { nextDueAt } = world.clock;
        if (nextDueAt === undefined || nextDueAt > endsAt) return false;
        world.clock.tick();
      }
      await settled();
      this.lookForGrowth();
    }
    return this.failure === undefined && isDone();
  }

  /** One thing at each place where something can happen. Returns whether there was any. */
  private doAll(): boolean {
    const { sockets, lives, disks } = this.world;
    let isAny = false;
    for (const end of [...sockets]) {
      if (!end.canArrive) continue;
      end.arrive();
      isAny = true;
    }
    for (const life of [...lives.values()]) {
      if (!life.isAwake || life.schedule.pending.length === 0) continue;
      life.attempt(() => life.schedule.deliver(0));
      isAny = true;
    }
    for (const disk of disks.values()) for (const life of [...disk.waiting]) isAny = disk.serve(life) || isAny;
    return isAny;
  }

  // What is watched.

  traced(life: Life, event: TraceEvent): void {
    if (this.isEnding) return;
    const time = this.world.clock.now();
    if (event.type === 'network.rolled-back') {
      this.counts.rollbacks++;
      return this.noted(`${life.name} goes back to a checkpoint, in epoch ${event.epoch}`);
    }
    this.story.push('process' in event ? { ...event, time, process: life.name } : { ...event, time });
    switch (event.type) {
      case 'snapshot.begun':
        if (this.isHealed) this.begun.add(event.snapshotId);
        return;
      case 'snapshot.completed':
        this.counts.completed++;
        return this.check(event.snapshot);
      case 'snapshot.aborted':
        this.counts.aborted++;
        this.lastTrouble = `; at last, ${event.error.message}`;
        return;
      default:
        return;
    }
  }

  left(life: Life): void {
    this.hasLeft = true;
    this.noted(`${life.name} leaves`);
  }

  noted(text: string): void {
    if (this.isEnding) return;
    if (/exits/.test(text)) this.lastTrouble = `; at last, ${text}`;
    this.story.push({ type: 'note', text: `${this.world.clock.now()} ms: ${text}` });
  }

  saved(program: string, event: EventObject): void {
    const safe = this.safe.get(program) ?? new Map<string, number>();
    this.safe.set(program, safe);
    const text = canonicalText(event);
    safe.set(text, (safe.get(text) ?? 0) + 1);
  }

  failed(check: DeploymentCheckName, message: string): void {
    this.fail(check, message);
  }

  private check(snapshot: GlobalSnapshot): void {
    if (this.failure !== undefined) return;
    const { world } = this;
    const verdict = verifySnapshot(snapshot);
    if (!verdict.consistent) {
      return this.fail('consistency', verdict.violations.map(({ message }) => message).join(' '));
    }
    const complaint = this.books.judge(snapshot, (id) => world.logs.get(id)?.events ?? []);
    if (complaint !== undefined) return this.fail(complaint.check, complaint.message);
    const missing = world.ids.filter((id) => snapshot.processes[id] === undefined);
    if (missing.length === 0) {
      this.snapshots.push(snapshot);
      return this.observe(snapshot);
    }
    if (!this.isSupervised || this.hasLeft) return;
    this.fail('whole', `a snapshot completed without ${missing.join(', ')}`);
  }

  /** From the first checkpoint of all on, nobody may be missing. */
  checkpointed({ processes }: GlobalSnapshot): void {
    this.isSupervised ||= this.world.ids.every((id) => processes[id] !== undefined);
  }

  private observe(snapshot: GlobalSnapshot): void {
    for (const property of this.setup.properties) {
      const { kind, name } = property;
      if (kind === 'sometimes' && this.seen.has(name)) continue;
      try {
        const { holds, because } = judge(property, snapshot);
        if (kind === 'sometimes' && holds) this.seen.add(name);
        const why = because === undefined ? '' : `: ${because}`;
        if (kind === 'always' && !holds)
          this.fail('always', `always "${name}" does not hold of a snapshot${why}`, name);
      } catch (error) {
        this.fail('always', messageOf(error), name);
      }
    }
  }

  /** Each event that was said to be safe is in its log. */
  private judgeSafe(): void {
    for (const [id, safe] of this.safe) {
      const { events, isUsed } = this.world.logs.get(id)!;
      if (!isUsed) continue; // it logs elsewhere, or not at all
      const logged = new Map<string, number>();
      for (const event of events) {
        const text = canonicalText(event);
        logged.set(text, (logged.get(text) ?? 0) + 1);
      }
      for (const [text, count] of safe) {
        const found = logged.get(text) ?? 0;
        if (found >= count) continue;
        return this.fail(
          'inputs',
          `program "${id}" said ${count} time(s) that an event ${text} is safe, and its log has it ${found} time(s)`,
        );
      }
    }
  }

  private lookForGrowth(): void {
    for (const life of this.world.lives.values()) {
      if (life.pendingTimers > MOST_TIMERS) {
        return this.fail('growth', `program "${life.name}" has ${life.pendingTimers} timers`);
      }
    }
    for (const { life, peer, waiting } of this.world.sockets) {
      if (waiting > MOST_WAITING) this.fail('growth', `${waiting} frames from ${peer} wait for ${life.name}`);
    }
  }

  private fail(check: DeploymentCheckName, message: string, property?: string): void {
    this.failure ??= { check, property, message };
  }
}

/** All promises have settled that wait for nothing but each other. */
function settled(): Promise<void> {
  return new Promise((resolve) => nextTask(resolve));
}
