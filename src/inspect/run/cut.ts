/** Cuts of a run: which steps of each process have happened, and what that says of the messages. */
import type { Envelope, SnapshotOfRun, Step } from './model.js';
import type { Run } from './run.js';

/** By process: how many of its steps are in the cut, as the place (`local`) of the first that is not. */
export type Cut = ReadonlyMap<string, number>;

/** What a cut says of the messages of the run. */
export interface CutVerdict {
  readonly isConsistent: boolean;
  /** Sent in the cut, and received after it: the channel states of this cut. */
  readonly inFlight: readonly Envelope[];
  /** Received in the cut, and sent after it: effects without their causes. */
  readonly violations: readonly Envelope[];
}

/** The cut of a snapshot: each process up to where it recorded its state. Undefined until all have, or when one is forgotten. */
export function cutOfSnapshot(run: Run, { recorded }: SnapshotOfRun): Cut | undefined {
  const { processes } = run.network;
  if (processes.some(({ id }) => !recorded.has(id))) return undefined;
  return new Map(processes.map(({ id }) => [id, recorded.get(id)!.local]));
}

/** The cut in which exactly the steps up to this one have happened, all over the network. */
export function cutAt(run: Run, index: number): Cut {
  return new Map(
    run.network.processes.map(({ id }) => {
      const after = run.stepsOfProcess(id).find((step) => step.index > index);
      return [id, after?.local ?? endOf(run, id)];
    }),
  );
}

/** The place behind the last step of a process. */
export function endOf(run: Run, id: string): number {
  const last = run.stepsOfProcess(id).at(-1);
  return last === undefined ? 0 : last.local + 1;
}

/** Whether a step is in a cut. */
function isIn(cut: Cut, step: Step): boolean {
  return step.local < (cut.get(step.process) ?? 0);
}

/** Judges a cut by the messages that cross it. A message of which the sending was missed counts as sent. */
export function judgeCut(run: Run, cut: Cut): CutVerdict {
  const inFlight: Envelope[] = [];
  const violations: Envelope[] = [];
  const judge = (envelope: Envelope) => {
    if (envelope.kind !== 'message') return;
    const isSent = envelope.sent === undefined || isIn(cut, envelope.sent);
    const isReceived = envelope.received !== undefined && isIn(cut, envelope.received);
    if (isSent && !isReceived && !isLostIn(run, cut, envelope)) inFlight.push(envelope);
    if (!isSent && isReceived) violations.push(envelope);
  };
  for (const step of run.steps) {
    if (step.received !== undefined && step.received.sent === undefined) judge(step.received);
    for (const envelope of step.sent) judge(envelope);
  }
  for (const queue of run.inFlight.values()) {
    for (const envelope of queue) if (envelope.sent === undefined) judge(envelope);
  }
  return { isConsistent: violations.length === 0, inFlight, violations };
}

/** Whether the receiver has gone back in a rollback, or been lost from sight, before the cut. */
function isLostIn(run: Run, cut: Cut, { to, lostAt = Infinity }: Envelope): boolean {
  return (run.localStep(to, (cut.get(to) ?? 0) - 1)?.index ?? -1) >= lostAt;
}

/** The steps of a process that a cut has, oldest first: all that has happened there up to it. */
export function stepsIn(run: Run, cut: Cut, id: string): readonly Step[] {
  return run.stepsOfProcess(id).filter((step) => isIn(cut, step));
}
