import { fullMesh, type NetworkConfig } from 'xstate-panorama';
import { childrenOf, worker } from './worker.js';

const crew = ['ann', 'ben', 'cai', 'dee', 'eve', 'fay'] as const;

export type WorkerId = (typeof crew)[number];

/** The size of the one job that all others come of. */
const SIZE = 8;

/** All the jobs that come of it, itself included. */
export const JOBS = jobsOf(SIZE);

const hire = (id: WorkerId) => ({
  logic: worker,
  input: { colleagues: crew.filter((other) => other !== id), workMs: 15, jobs: id === 'ann' ? [SIZE] : [] },
});

/** Six workers, each with a channel to every other one; all work begins with ann. */
export default {
  processes: Object.fromEntries(crew.map((id) => [id, hire(id)])) as Record<WorkerId, ReturnType<typeof hire>>,
  channels: fullMesh(crew),
} satisfies NetworkConfig;

function jobsOf(size: number): number {
  return childrenOf(size).reduce((sum, child) => sum + jobsOf(child), 1);
}
