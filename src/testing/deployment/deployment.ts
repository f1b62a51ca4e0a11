/** The world of a deployment: its programs' lives, what lies between them, and the disks; it does what it is told. */
import type { AnyActorLogic, EventObject } from 'xstate';
import type { memberMachine } from '../../../machines/member.js';
import type { sessionMachine } from '../../../machines/session.js';
import type { CheckpointStore } from '../../checkpoint/index.js';
import { expected, list } from '../../checks.js';
import { messageOf } from '../../errors.js';
import type { GlobalSnapshot } from '../../global-snapshot.js';
import type { CreatedProcess, ProcessOptions, TraceEvent } from '../../index.js';
import { createProcessOf } from '../../links/create-process.js';
import { isGlobalSnapshot } from '../../links/options.js';
import type { InputStore } from '../../recovery/index.js';
import { createSimulatedClock } from '../simulated-clock.js';
import { Account, type Books } from './books.js';
import type { DeploymentStep } from './deployment-step.js';
import { SharedLog, SharedStore, type Disk } from './disks.js';
import { Life, type Surroundings } from './life.js';
import type { ProgramEnvironment, Programs } from './program.js';
import { Sockets } from './sockets.js';

/** What deployments are built of; tests replace a part by a faulty one. */
export interface DeploymentParts {
  readonly sessionMachine?: typeof sessionMachine;
  readonly memberMachine?: typeof memberMachine;
  /** The stores as programs have them. */
  readonly store?: (store: CheckpointStore) => CheckpointStore;
  readonly inputs?: (inputs: InputStore) => InputStore;
}

/** What a world is made of. */
export interface DeploymentSpec {
  readonly parts: DeploymentParts;
  readonly programs: Programs;
  /** Those that the environment starts anew. */
  readonly restart: readonly string[];
  readonly seed: number;
}

/** Who watches what happens. */
export interface Watcher {
  readonly books: Books;
  /** A life's process has done something. */
  traced(life: Life, event: TraceEvent): void;
  /** A life's process has stopped of its own accord. */
  left(life: Life): void;
  /** A checkpoint is safely down, where somebody supervises. */
  checkpointed(checkpoint: GlobalSnapshot): void;
  /** Something that no process has done, in words. */
  noted(text: string): void;
  /** An event from outside is safe. */
  saved(program: string, event: EventObject): void;
  failed(check: 'process', message: string): void;
}

/** How long a program is gone before the environment starts it anew, when it has ended by itself; in milliseconds. */
const RESTART_MS = 1000;
/** The name of the disk of all. */
export const STORE = 'store';

/** A world. */
export class Deployment implements Surroundings {
  readonly clock = createSimulatedClock();
  readonly sockets: Sockets;
  readonly lives = new Map<string, Life>();
  readonly disks = new Map<string, Disk>();
  readonly logs = new Map<string, SharedLog>();
  /** The times that each machine's time of day is off by. */
  private readonly skews = new Map<string, number>();
  private readonly counts = new Map<string, number>();
  private readonly store: SharedStore;
  private readonly accounts = new Map<Life, Account>();

  constructor(
    private readonly spec: DeploymentSpec,
    private readonly watcher: Watcher,
  ) {
    const ids = Object.keys(spec.programs);
    this.sockets = new Sockets(ids);
    this.store = new SharedStore((checkpoint) => watcher.checkpointed(checkpoint));
    this.disks.set(STORE, this.store.disk);
    for (const id of ids) {
      const log = new SharedLog(id);
      this.logs.set(id, log);
      this.disks.set(id, log.disk);
    }
  }

  /** Starts all programs. */
  begin(): void {
    for (const id of this.ids) this.start(id);
  }

  get ids(): readonly string[] {
    return Object.keys(this.spec.programs);
  }

  timeOfDay(program: string): number {
    return 1_700_000_000_000 + this.clock.now() + (this.skews.get(program) ?? 0);
  }

  onThrown(life: Life, error: unknown): void {
    this.watcher.failed('process', `program "${life.name}" threw: ${messageOf(error)}`);
  }

  /** How many inputs the state of a life's process has. */
  taken(life: Life): number {
    return this.accounts.get(life)?.taken ?? 0;
  }

  /** The lives of a program that have not ended, nor stopped by themselves, oldest first. */
  actingAs(id: string): Life[] {
    return [...this.lives.values()].filter((life) => life.id === id && !life.isOver && !life.hasStopped);
  }

  /** Does a step, if it is possible now. Returns whether it was. */
  perform(step: DeploymentStep): boolean {
    switch (step.do) {
      case 'arrive': {
        const end = [...this.sockets].find(({ life, peer }) => life.name === step.at && peer === step.from);
        if (end?.canArrive !== true) return false;
        end.arrive();
        return true;
      }
      case 'deliver': {
        const life = this.lives.get(step.to);
        if (life?.isAwake !== true || !life.schedule.pending.some(({ id }) => id === step.channel)) return false;
        life.attempt(() => life.schedule.deliver(step.channel));
        return true;
      }
      case 'disk': {
        const life = this.lives.get(step.for);
        return life !== undefined && this.disks.get(step.disk)?.serve(life) === true;
      }
      case 'tick':
        if (this.clock.nextDueAt === undefined) return false;
        this.clock.tick();
        return true;
      case 'send':
        return this.send(step.to, step.event);
      case 'kill':
        return this.kill(step.lives, step.written, step.silently);
      case 'start':
        if (!(step.program in this.spec.programs)) return false;
        this.start(step.program);
        return true;
      case 'pause':
      case 'resume':
        return this.pauseOrResume(step.life, step.do);
      case 'cut':
        if (!this.sockets.cut(...step.between, step.told)) return false;
        this.watcher.noted(`the way between ${step.between.join(' and ')} is cut, and ${tellTold(step)}`);
        return true;
      case 'hold':
      case 'free':
        return this.holdOrFree(step.from, step.to, step.do);
      case 'jump':
        this.skews.set(step.program, (this.skews.get(step.program) ?? 0) + step.ms);
        this.watcher.noted(`the time of day of ${step.program} jumps by ${step.ms} ms`);
        return true;
      case 'break':
      case 'mend':
        return this.breakOrMend(step);
    }
  }

  /** Undoes all that is wrong, and starts who is missing. */
  heal(): void {
    this.sockets.freeAll();
    for (const disk of this.disks.values()) disk.trouble = undefined;
    for (const life of this.lives.values()) if (life.isPaused && !life.isOver) life.resume();
    for (const id of this.ids) if (this.actingAs(id).length === 0 && this.mayRestart(id)) this.start(id);
  }

  /** Ends everything. */
  end(): void {
    for (const life of this.lives.values()) life.end();
  }

  private mayRestart(id: string): boolean {
    return this.spec.restart.includes(id);
  }

  // Lives.

  private start(id: string): void {
    const number = (this.counts.get(id) ?? 0) + 1;
    this.counts.set(id, number);
    const seed = this.spec.seed * 1009 + [...this.ids].indexOf(id) * 101 + number;
    const life = new Life(id, number, seed, this);
    this.lives.set(life.name, life);
    if (number > 1) this.watcher.noted(`${life.name} starts`);
    this.run(life).then(
      (program) => (life.program = program ?? {}),
      (error: unknown) => this.exit(life, `: ${messageOf(error)}`),
    );
  }

  private async run(life: Life) {
    return this.spec.programs[life.id]!(this.environmentOf(life));
  }

  private environmentOf(life: Life): ProgramEnvironment {
    const { id } = life;
    const { store = same, inputs = same } = this.spec.parts;
    return {
      id,
      life: life.number,
      createProcess: ((logic: AnyActorLogic, options: ProcessOptions<AnyActorLogic>) =>
        this.createProcess(life, logic, options)) as unknown as ProgramEnvironment['createProcess'],
      link: (program) => {
        const others = this.ids.filter((other) => other !== id);
        if (!others.includes(program)) expected(`another program (${list(others)})`, program);
        return this.sockets.transport(life, program);
      },
      store: store(this.store.openFor(life)),
      inputs: inputs(this.logs.get(id)!.openFor(life)),
      clock: life.host.clock,
      timeOfDay: life.host.timeOfDay,
      random: life.random,
      start: (program) => {
        if (!this.ids.includes(program)) expected(`a program (${list(this.ids)})`, program);
        if (!life.isOver) this.start(program);
      },
      exit: () => this.exit(life, ''),
    };
  }

  private createProcess(life: Life, logic: AnyActorLogic, options: ProcessOptions<AnyActorLogic>): CreatedProcess {
    const { id } = life;
    if (options.id !== id) expected(`the process of program "${id}" to have its id`, options.id);
    if (life.process !== undefined) expected(`one process of program "${id}"`, 'a second one');
    const { sessionMachine, memberMachine } = this.spec.parts;
    const parts = {
      host: life.host,
      ...(sessionMachine && { sessionMachine }),
      ...(memberMachine && { memberMachine }),
    };
    const machine = { clock: life.host.clock, schedule: life.schedule, logger: () => undefined };
    const process = createProcessOf(parts, logic, { ...machine, ...options });
    const { snapshot } = options;
    const origin = isGlobalSnapshot(snapshot as never) ? (snapshot as { readonly id: string }).id : undefined;
    const account = new Account(this.watcher.books, origin, id);
    this.accounts.set(life, account);
    life.process = process;
    this.watch(life, process, account);
    return process;
  }

  private watch(life: Life, process: CreatedProcess, account: Account): void {
    const sendInput = process.sendInput.bind(process);
    const watched = process as { sendInput: typeof sendInput };
    watched.sendInput = (event: never) => {
      account.expectInput(event);
      sendInput(event);
    };
    let isSuperseded = false;
    process.trace$.subscribe({
      next: (event) => {
        if (life.isOver) return;
        account.enter(event);
        this.watcher.traced(life, event);
      },
      complete: () => {
        if (life.isOver) return;
        life.hasStopped = true;
        if (!isSuperseded) this.watcher.left(life);
      },
    });
    process.links$.subscribe((event) => {
      if (life.isOver) return;
      if (event.type === 'life.superseded') {
        isSuperseded = true;
        this.watcher.noted(`${life.name} is superseded: another life of ${life.id} acts in its place`);
      } else if ('error' in event) this.watcher.noted(`${life.name}: ${event.type}: ${event.error.message}`);
    });
    process.actor$.subscribe((actor) => {
      actor.subscribe({
        error: (error: unknown) => {
          if (!life.isOver) this.watcher.failed('process', `process "${life.name}" failed: ${messageOf(error)}`);
        },
      });
    });
  }

  private exit(life: Life, why: string): void {
    if (life.isOver) return;
    this.watcher.noted(`${life.name} exits${why}`);
    this.endLife(life, 0, false);
    if (!this.mayRestart(life.id)) return;
    this.clock.setTimeout(() => {
      if (this.actingAs(life.id).length === 0) this.start(life.id);
    }, RESTART_MS);
  }

  private endLife(life: Life, written: number, silently: boolean): void {
    life.end();
    for (const disk of this.disks.values()) disk.abandon(life, written);
    this.sockets.abandon(life, !silently);
  }

  // Steps.

  private kill(names: readonly string[], written: number, silently: boolean): boolean {
    const lives = names.flatMap((name) => this.lives.get(name) ?? []).filter(({ isOver }) => !isOver);
    if (lives.length === 0) return false;
    const who = lives.map(({ name }) => name).join(', ');
    this.watcher.noted(`${who} ${lives.length > 1 ? 'are' : 'is'} killed${silently ? ', and nobody is told' : ''}`);
    for (const life of lives) this.endLife(life, written, silently);
    return true;
  }

  private pauseOrResume(name: string, what: 'pause' | 'resume'): boolean {
    const life = this.lives.get(name);
    if (life === undefined || life.isOver || life.isPaused === (what === 'pause')) return false;
    this.watcher.noted(`${name} ${what === 'pause' ? 'stands still' : 'goes on'}`);
    if (what === 'pause') life.pause();
    else life.resume();
    return true;
  }

  private holdOrFree(from: string, to: string, what: 'hold' | 'free'): boolean {
    if (this.sockets.isHeld(from, to) === (what === 'hold')) return false;
    this.sockets[what](from, to);
    this.watcher.noted(`${what === 'hold' ? 'nothing' : 'what is sent'} passes from ${from} to ${to}`);
    return true;
  }

  private breakOrMend(step: DeploymentStep & { readonly do: 'break' | 'mend' }): boolean {
    const disk = this.disks.get(step.disk);
    if (disk === undefined || (disk.trouble === undefined) === (step.do === 'mend')) return false;
    disk.trouble = step.do === 'break' ? step.how : undefined;
    const name = step.disk === STORE ? 'the store' : `the disk of ${step.disk}`;
    this.watcher.noted(`${name} is ${step.do === 'break' ? step.how : 'well again'}`);
    return true;
  }

  private send(name: string, event: EventObject): boolean {
    const life = this.lives.get(name);
    if (life?.isAwake !== true || life.program?.send === undefined) return false;
    const { send } = life.program;
    // Who is refused knows it; whether the event counts all the same, nobody does.
    const sent = async () => {
      await send(structuredClone(event) as never);
      this.watcher.saved(life.id, event);
    };
    sent().catch(() => undefined);
    return true;
  }
}

const same = <T>(store: T): T => store;

const tellTold = ({ told, between: [first, second] }: DeploymentStep & { readonly do: 'cut' }) =>
  told === 'both' ? 'both are told' : `${told === 'first' ? second : first} is not told`;
