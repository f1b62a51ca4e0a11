/**
 * Partial-order reduction: of steps that can change places without anybody noticing, one order is enough.
 *
 * Steps of different processes can change places (each takes the head of a channel of its own, and adds to the tails of
 * others), those of one process in general cannot. So in a state all steps of *one* process suffice (a persistent
 * set) if the others cannot give it a step that it has not yet, or only such as can change places with those it has. And
 * only if no property sees them, or the place of a step that one does
 * see would be lost; and if what is put off is not put off for ever.
 */
import type { Lookahead } from './lookahead.js';
import type { Model, State, StepCode } from './model.js';
import type { Reads } from './view.js';

/**
 * Which of the steps of a state are enough: those of one process, or all.
 *
 * @param steps All steps that can be taken.
 * @param reads What the properties have read of any state so far.
 * @param lookahead Tells what processes may send.
 * @param mayReplaceAll Whether steps that lead to these states suffice (the cycle proviso).
 */
export function enoughSteps(
  model: Model,
  state: State,
  steps: readonly StepCode[],
  reads: Reads,
  lookahead: Lookahead,
  mayReplaceAll: (steps: readonly StepCode[]) => boolean,
): readonly StepCode[] {
  const byProcess = new Map<number, StepCode[]>();
  for (const step of steps) {
    const process = model.processOf(step);
    const known = byProcess.get(process);
    if (known === undefined) byProcess.set(process, [step]);
    else known.push(step);
  }
  if (byProcess.size < 2) return steps;
  const candidates = [...byProcess].sort(([, a], [, b]) => a.length - b.length);
  for (const [process, own] of candidates) {
    if (!isUnseen(model, state, process, own, reads)) continue;
    // On a channel that has something and keeps order, what others send comes later, and is no step yet.
    const open = model.incoming[process]!.filter(
      (channel) => model.content(state, channel) === 0 || !model.channels[channel]!.fifo,
    );
    const inputs = own.map((step) => model.inputOf(state, step));
    if (open.length > 0 && !lookahead.commutesWithArrivals(state, process, inputs, open)) continue;
    if (mayReplaceAll(own)) return own;
  }
  return steps;
}

/** Whether the steps change nothing that the properties read. */
function isUnseen(model: Model, state: State, process: number, steps: readonly StepCode[], reads: Reads): boolean {
  const isRead = (channel: number) => reads.channels.has(channel);
  return steps.every((step) => {
    const { next, sent } = model.effectOf(state, step);
    if (next !== state[process] && reads.processes.has(process)) return false;
    const from = model.channelOf(step);
    return (from === undefined || !isRead(from)) && !sent.some(({ channel }) => isRead(channel));
  });
}
