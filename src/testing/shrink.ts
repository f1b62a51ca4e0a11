import { channelId } from '../channel/topology.js';
import { isSameFailure, removeSteps } from './remove-steps.js';
import { SimulatedRun, type Failure, type RunSetup } from './simulated-run.js';
import type { SimulationStep } from './simulation-step.js';

/** A run, as what it is made of and what is done in it. */
export interface RunPlan {
  readonly setup: RunSetup;
  readonly steps: readonly SimulationStep[];
}

/** Runs that are tried to find a smaller one. */
const MOST_TRIES = 1500;

/** Carries a plan out. */
export async function carryOut({ setup, steps }: RunPlan): Promise<SimulatedRun> {
  const run = new SimulatedRun(setup);
  for (const step of steps) {
    if (run.failure !== undefined) break;
    const done = run.perform(step);
    if (typeof done !== 'boolean') await done;
  }
  await run.finish();
  return run;
}

/**
 * Looks for a smaller run that fails in the same way: of fewer steps, and without the processes and channels that take no
 * part in it; until it goes no smaller.
 *
 * @param isOver Whether to leave it at what has been found so far.
 */
export async function shrink(plan: RunPlan, failure: Failure, isOver: () => boolean): Promise<RunPlan> {
  let tries = MOST_TRIES;
  let best = plan;
  /** Takes a smaller plan, as it was carried out, for the best one if it fails in the same way. */
  const attempt = async (smaller: RunPlan): Promise<boolean> => {
    if (tries-- <= 0 || isOver()) return false;
    const run = await carryOut(smaller).catch(() => undefined);
    if (run === undefined || !isSameFailure(failure, run.failure)) return false;
    best = { setup: smaller.setup, steps: run.steps };
    return true;
  };
  for (let size = Infinity; sizeOf(best) < size && tries > 0 && !isOver();) {
    size = sizeOf(best);
    await removeSteps(
      () => best.steps,
      (steps) => attempt({ setup: best.setup, steps }),
    );
    await simplifySnapshots(() => best, attempt);
    await removeParts(() => best, attempt);
  }
  return best;
}

/** What a plan is made of, all told. */
function sizeOf({ setup, steps }: RunPlan): number {
  const { processes, channels } = setup.config;
  const ofSteps = steps.map((step) => (step.do === 'snapshot' ? step.initiators.length + (step.within ? 2 : 1) : 1));
  return Object.keys(processes).length + channels.length + ofSteps.reduce((sum, size) => sum + size, 0);
}

type Attempt = (smaller: RunPlan) => Promise<boolean>;

/** Snapshots of one initiator, begun between two steps, are the simplest. */
async function simplifySnapshots(best: () => RunPlan, attempt: Attempt): Promise<void> {
  for (let index = 0; index < best().steps.length; index++) {
    const step = best().steps[index]!;
    if (step.do !== 'snapshot') continue;
    const replace = (simpler: SimulationStep) => {
      const { setup, steps } = best();
      return attempt({ setup, steps: steps.with(index, simpler) });
    };
    if (step.within) await replace({ do: 'snapshot', initiators: step.initiators });
    if (step.initiators.length > 1)
      for (const id of step.initiators) if (await replace({ ...step, initiators: [id] })) break;
  }
}

/** Leaves out processes and channels on which no message travels in the run. */
async function removeParts(best: () => RunPlan, attempt: Attempt): Promise<void> {
  for (const id of Object.keys(best().setup.config.processes)) {
    if (Object.keys(best().setup.config.processes).length > 1) await removePart(best(), attempt, { process: id });
  }
  for (const [from, to] of best().setup.config.channels) {
    await removePart(best(), attempt, { channel: channelId(from, to) });
  }
}

async function removePart(
  { setup, steps }: RunPlan,
  attempt: Attempt,
  part: { readonly process: string } | { readonly channel: string },
): Promise<void> {
  if (setup.snapshot !== undefined) return; // its processes and channels are the snapshot's
  const { processes, channels } = setup.config;
  const isLeft = (from: string, to: string) =>
    'process' in part ? from !== part.process && to !== part.process : channelId(from, to) !== part.channel;
  const run = await carryOut({ setup, steps });
  const isUsed = run.story.some((event) => {
    if (event.type === 'message.sent') return !isLeft(...(event.channel.split('->') as [string, string]));
    return event.type === 'event.received' && 'process' in part && event.process === part.process;
  });
  if (isUsed) return;
  const config = {
    processes: Object.fromEntries(Object.entries(processes).filter(([id]) => isLeft(id, id))),
    channels: channels.filter(([from, to]) => isLeft(from, to)),
  };
  const smaller = { ...setup, config };
  // A property may speak of what was left out. Then it fails for that reason alone, at once.
  const baseline = await carryOut({ setup: smaller, steps: [{ do: 'snapshot', initiators: [] }] }).catch(
    () => undefined,
  );
  if (baseline === undefined || baseline.failure?.check === 'always') return;
  if (await attempt({ setup: smaller, steps })) return;
  // Perhaps it had to begin the snapshot; another may do.
  for (const id of Object.keys(config.processes)) {
    const begun = steps.map((step) => (step.do === 'snapshot' ? { ...step, initiators: [id] } : step));
    if (await attempt({ setup: smaller, steps: begun })) return;
  }
}
