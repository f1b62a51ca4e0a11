import { createActor, fromCallback, type Actor } from 'xstate';
import type { supervisorMachine, SupervisorEvent } from '../../machines/index.js';
import { list } from '../checks.js';
import { wait, type ActorOptionsOfNetwork } from '../clock.js';
import { messageOf, PanoramaError } from '../errors.js';
import { SNAPSHOT_VERSION, type ChannelState, type GlobalSnapshot, type RecordedState } from '../global-snapshot.js';
import type { Report, SnapshotUnderWay } from './local-snapshot.js';
import type { ParsedSnapshotOptions } from './options.js';

/** What a supervisor needs to know when a snapshot begins. */
export interface SnapshotSupervisorSpec {
  readonly id: string;
  readonly initiators: readonly string[];
  readonly options: ParsedSnapshotOptions;
  /** The processes that are known to take part. */
  readonly processes: readonly string[];
  readonly clock: ActorOptionsOfNetwork['clock'];
  readonly machine: typeof supervisorMachine;
  /** Ids of the channels that were still recording, for an error. */
  stillRecording(): readonly string[];
}

/** How a snapshot ended. */
export type Outcome = { readonly snapshot: GlobalSnapshot } | { readonly error: PanoramaError };

/**
 * One snapshot under way: runs the supervisor's statechart, and does what that decides.
 *
 * It knows no process, only their names and reports: when every one has reported, the snapshot is complete.
 */
export class SnapshotSupervisor implements SnapshotUnderWay {
  readonly id: string;
  /** Settles as the supervisor completes or aborts. */
  readonly result: Promise<GlobalSnapshot>;
  private readonly supervisor: Actor<typeof supervisorMachine>;
  /** The processes that take part, as far as they are known. */
  protected readonly named: Set<string>;
  /** What was reported, by process. */
  readonly states = new Map<string, RecordedState>();
  /** The channel states, as they were reported: gathered as they come, so that nothing waits while all are put together. */
  protected readonly channels: Record<string, ChannelState> = {};
  private markers = 0;
  private controlMessages = 0;
  private messages = 0;

  /** @param onEnd Called once, with the global snapshot or with the reason why it was given up. */
  constructor(
    private readonly spec: SnapshotSupervisorSpec,
    onEnd: (outcome: Outcome) => void,
  ) {
    this.id = spec.id;
    this.named = new Set(spec.processes);
    const limits: Limits = { ...spec.options, clock: spec.clock };
    this.supervisor = createActor(withDeadline(spec.machine), { input: { processes: this.named.size, limits } });
    this.result = new Promise((resolve, reject) => {
      this.supervisor.subscribe({
        complete: () => {
          const isComplete = this.supervisor.getSnapshot().value === 'complete';
          const outcome: Outcome = isComplete ? { snapshot: this.globalSnapshot() } : { error: this.abortError() };
          this.states.clear();
          onEnd(outcome);
          if ('snapshot' in outcome) resolve(outcome.snapshot);
          else reject(outcome.error);
        },
      });
    });
    this.supervisor.start();
  }

  report({ process, state, channels, markers, controlMessages = 0 }: Report): void {
    if (this.states.has(process)) return;
    this.states.set(process, state);
    for (const [id, messages] of channels) this.channels[id] = { messages };
    this.markers += markers;
    this.controlMessages += controlMessages;
    this.gathered(process, state);
  }

  /** A process has reported. */
  protected gathered(_process: string, _state: RecordedState): void {
    this.tell({ type: 'report.received', named: 0 });
  }

  countMessage(count = 1): void {
    const { maxMessages } = this.spec.options;
    this.messages += count;
    if (this.messages <= maxMessages) return;
    this.abort(
      `more than ${maxMessages} messages were in flight: raise \`maxMessages\`, or find out why a channel is so slow`,
    );
  }

  abort(reason: unknown): void {
    this.tell({ type: 'snapshot.aborted', reason });
  }

  protected tell(event: SupervisorEvent): void {
    if (this.supervisor.getSnapshot().status === 'active') this.supervisor.send(event);
  }

  private globalSnapshot(): GlobalSnapshot {
    const { id, initiators } = this.spec;
    return {
      version: SNAPSHOT_VERSION,
      id,
      initiators: [...initiators],
      processes: Object.fromEntries(Array.from(this.named, (process) => [process, this.states.get(process)!])),
      channels: this.channels,
      stats: {
        markers: this.markers,
        ...(this.controlMessages > 0 && { controlMessages: this.controlMessages }),
        messages: this.messages,
      },
    };
  }

  private abortError(): PanoramaError {
    const { reason } = this.supervisor.getSnapshot().context;
    const channels = this.spec.stillRecording();
    const because = messageOf(reason);
    const still =
      channels.length > 0
        ? `${channels.length} channel(s) were still recording: ${list(channels)}`
        : 'no channel was still recording';
    return new PanoramaError(
      reason instanceof PanoramaError ? reason.code : 'snapshot-aborted',
      `Snapshot ${this.id} was given up: ${because.replace(/\.$/, '')}. Then ${still}. The application was not disturbed; take another.`,
      { channels, cause: reason },
    );
  }
}

/** What ends a snapshot that does not complete. */
interface Limits extends Pick<ParsedSnapshotOptions, 'timeoutMs' | 'leftMs' | 'signal'> {
  readonly clock: ActorOptionsOfNetwork['clock'];
}

const deadline = /* @__PURE__ */ fromCallback<SupervisorEvent, unknown>(({ sendBack, input }) => {
  const { timeoutMs, leftMs, signal, clock } = input as Limits;
  const onAbort = () => sendBack({ type: 'snapshot.aborted', reason: signal?.reason as unknown });
  const onTimeout = () => sendBack({ type: 'snapshot.aborted', reason: `\`timeoutMs\` of ${timeoutMs} ms ran out` });
  signal?.addEventListener('abort', onAbort);
  const stopWaiting = wait(leftMs, onTimeout, clock);
  return () => {
    signal?.removeEventListener('abort', onAbort);
    stopWaiting();
  };
});

const completed = new WeakMap<typeof supervisorMachine, typeof supervisorMachine>();

/** The statechart with its actor filled in: once, as providing costs as much as all else that a supervisor does. */
function withDeadline(machine: typeof supervisorMachine): typeof supervisorMachine {
  const known = completed.get(machine);
  if (known !== undefined) return known;
  const filled = machine.provide({ actors: { deadline } });
  completed.set(machine, filled);
  return filled;
}

/** An id that no other program and no later run makes again. */
export function createSnapshotId(): string {
  const words = crypto.getRandomValues(new Uint32Array(4));
  return `snapshot-${Array.from(words, (word) => word.toString(36).padStart(7, '0')).join('')}`;
}
