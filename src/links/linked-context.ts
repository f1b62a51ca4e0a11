import type { sessionMachine } from '../../machines/session.js';
import { timeOf, type ActorOptionsOfNetwork } from '../clock.js';
import type { Host } from '../host.js';
import { CleanStack } from '../process/clean-stack.js';
import { createDefaultSchedule } from '../schedule/default-schedule.js';
import type { Schedule } from '../schedule/schedule.js';
import { Trace } from '../trace.js';
import type { LinkedProcessConfig } from './linked-process-config.js';
import type { PeeredProcess } from './peered-process.js';
import { OwnLife } from './session/life.js';

/** What all parts of a process alone in its program go by. */
export class LinkedContext {
  readonly id: string;
  readonly clock: ActorOptionsOfNetwork['clock'];
  readonly host: Host;
  /** This life of the process. */
  readonly life: OwnLife;
  readonly sessionMachine: typeof sessionMachine;
  readonly schedule: Schedule;
  readonly stack = new CleanStack();
  readonly trace = new Trace(() => this.time);
  /** The process that there is, once it was made: another one after a rollback. */
  process!: PeeredProcess;
  phase: 'created' | 'started' | 'stopping' | 'stopped' = 'created';

  constructor({ id, options, parts, schedule }: LinkedProcessConfig) {
    this.id = id;
    this.clock = options.clock;
    this.host = parts.host;
    this.life = new OwnLife(parts.host);
    this.sessionMachine = parts.sessionMachine;
    this.schedule = schedule ?? createDefaultSchedule();
  }

  /** Whether the process has parted from its links. */
  get isOver(): boolean {
    return this.phase === 'stopped';
  }

  /** The time of its clock in milliseconds; `NaN` when the clock does not tell. */
  get time(): number {
    return timeOf(this.clock) ?? NaN;
  }

  /** The time in milliseconds, of whatever clock. */
  now(): number {
    return timeOf(this.clock) ?? this.host.clock.now();
  }
}
