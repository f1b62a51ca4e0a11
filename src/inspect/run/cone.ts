/** Happened-before: what may have had an influence on a step, and what it may have an influence on. */
import type { Step } from './model.js';
import type { Run } from './run.js';

/** By process: the place of the last step that happened before a step, of the first that happened after it. */
export interface Cone {
  readonly past: ReadonlyMap<string, number>;
  readonly future: ReadonlyMap<string, number>;
}

/** The light cone of a step, as far as the run is kept. */
export function coneOf(run: Run, step: Step): Cone {
  return {
    past: reach(step, (at, go) => {
      go(run.localStep(at.process, at.local - 1));
      go(at.received?.sent);
    }),
    future: reach(
      step,
      (at, go) => {
        go(run.localStep(at.process, at.local + 1));
        for (const envelope of at.sent) go(envelope.received);
      },
      true,
    ),
  };
}

/** Whether a step lies in a cone: in its past, in its future, or elsewhere (concurrent). */
export function placeInCone({ past, future }: Cone, step: Step): 'past' | 'future' | 'concurrent' {
  if (step.local <= (past.get(step.process) ?? -1)) return 'past';
  return step.local >= (future.get(step.process) ?? Infinity) ? 'future' : 'concurrent';
}

/** How far a walk comes in each process; a process that was passed at a place is passed at all places beyond it. */
function reach(
  from: Step,
  neighbours: (step: Step, go: (next: Step | undefined) => void) => void,
  isForward = false,
): Map<string, number> {
  const reached = new Map<string, number>();
  const seen = new Set<Step>([from]);
  const waiting = [from];
  for (let step = waiting.pop(); step !== undefined; step = waiting.pop()) {
    const known = reached.get(step.process);
    if (known === undefined || (isForward ? step.local < known : step.local > known))
      reached.set(step.process, step.local);
    neighbours(step, (next) => {
      if (next === undefined || seen.has(next)) return;
      seen.add(next);
      waiting.push(next);
    });
  }
  return reached;
}
