import { createActor, fromCallback, type Actor } from 'xstate';
import type { supervisorMachine, SupervisorEvent } from '../machines/index.js';
import { PanoramaError } from './errors.js';
import { SNAPSHOT_VERSION, type ChannelState, type GlobalSnapshot, type RecordedState } from './global-snapshot.js';
import type { LocalSnapshot, SnapshotUnderWay } from './local-snapshot.js';
import { list, type ActorOptionsOfNetwork, type ParsedSnapshotOptions } from './options.js';
import type { Process } from './process.js';

/** What a supervisor needs to know of its network. */
export interface SupervisionSpec {
  readonly id: string;
  readonly initiators: readonly string[];
  readonly options: ParsedSnapshotOptions;
  readonly processes: ReadonlyMap<string, Process>;
  readonly channelIds: readonly string[];
  readonly clock: ActorOptionsOfNetwork['clock'];
  readonly machine: typeof supervisorMachine;
}

/** How a snapshot ended. */
export type Outcome = { readonly snapshot: GlobalSnapshot } | { readonly error: PanoramaError };

/** One snapshot under way: runs the supervisor's statechart, and does what that decides. */
export class Supervision implements SnapshotUnderWay {
  readonly id: string;
  /** Settles as the supervisor completes or aborts. */
  readonly result: Promise<GlobalSnapshot>;
  private readonly supervisor: Actor<typeof supervisorMachine>;
  private readonly states = new Map<string, RecordedState>();
  private readonly channels = new Map<string, ChannelState>();
  private markers = 0;
  private messages = 0;

  /** @param onEnd Is told once, with the global snapshot or with why it was given up. */
  constructor(
    private readonly spec: SupervisionSpec,
    onEnd: (outcome: Outcome) => void,
  ) {
    this.id = spec.id;
    const deadline = fromCallback<SupervisorEvent>(({ sendBack }) => this.watchDeadline(sendBack));
    this.supervisor = createActor(spec.machine.provide({ actors: { deadline } }), {
      input: { processes: spec.processes.size },
    });
    this.result = new Promise((resolve, reject) => {
      this.supervisor.subscribe({
        complete: () => {
          const isComplete = this.supervisor.getSnapshot().value === 'complete';
          const outcome: Outcome = isComplete ? { snapshot: this.globalSnapshot() } : { error: this.abortError() };
          this.forget();
          onEnd(outcome);
          if ('snapshot' in outcome) resolve(outcome.snapshot);
          else reject(outcome.error);
        },
      });
    });
    this.supervisor.start();
  }

  report(processId: string, local: LocalSnapshot): void {
    if (this.states.has(processId)) return;
    this.states.set(processId, local.state!);
    for (const [id, messages] of this.spec.processes.get(processId)!.channelStates(local)) {
      this.channels.set(id, { messages });
    }
    this.markers += local.markers;
    this.tell({ type: 'report.received' });
  }

  countMessage(): void {
    const { maxMessages } = this.spec.options;
    if (++this.messages <= maxMessages) return;
    this.abort(
      `more than ${maxMessages} messages were in flight: raise \`maxMessages\`, or find out why a channel is so slow`,
    );
  }

  abort(reason: unknown): void {
    this.tell({ type: 'snapshot.aborted', reason });
  }

  private tell(event: SupervisorEvent): void {
    if (this.supervisor.getSnapshot().status === 'active') this.supervisor.send(event);
  }

  private watchDeadline(sendBack: (event: SupervisorEvent) => void): () => void {
    const { timeoutMs, signal } = this.spec.options;
    const clock = this.spec.clock ?? globalThis;
    const onAbort = () => sendBack({ type: 'snapshot.aborted', reason: signal?.reason });
    const onTimeout = () => sendBack({ type: 'snapshot.aborted', reason: `\`timeoutMs\` of ${timeoutMs} ms ran out` });
    signal?.addEventListener('abort', onAbort);
    const timer: unknown =
      timeoutMs === Infinity ? undefined : clock.setTimeout(onTimeout, Math.min(timeoutMs, MAX_DELAY_MS));
    return () => {
      signal?.removeEventListener('abort', onAbort);
      if (timer !== undefined) clock.clearTimeout(timer as never);
    };
  }

  private globalSnapshot(): GlobalSnapshot {
    const { id, initiators, processes, channelIds } = this.spec;
    return {
      version: SNAPSHOT_VERSION,
      id,
      initiators: [...initiators],
      processes: Object.fromEntries(Array.from(processes.keys(), (key) => [key, this.states.get(key)!])),
      channels: Object.fromEntries(channelIds.map((key) => [key, this.channels.get(key)!])),
      stats: { markers: this.markers, messages: this.messages },
    };
  }

  private abortError(): PanoramaError {
    const { reason } = this.supervisor.getSnapshot().context;
    const channels = Array.from(this.spec.processes.values(), (process) => process.stillRecording(this.id)).flat();
    const because = reason instanceof Error ? reason.message : String(reason);
    const still =
      channels.length > 0
        ? `${channels.length} channel(s) were still recording: ${list(channels)}`
        : 'no channel was still recording';
    return new PanoramaError(
      reason instanceof PanoramaError ? reason.code : 'snapshot-aborted',
      `Snapshot ${this.id} was given up: ${because.replace(/\.$/, '')}. Then ${still}. The network goes on; take another.`,
      { channels, cause: reason },
    );
  }

  private forget(): void {
    for (const process of this.spec.processes.values()) process.forget(this.id);
    this.states.clear();
    this.channels.clear();
  }
}

/** Longer delays overflow what `setTimeout` takes, and would fire at once. */
const MAX_DELAY_MS = 2 ** 31 - 1;
