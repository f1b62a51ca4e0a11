/** A run as a ShiViz log: one event a step, with vector clocks, in ShiViz's default format. */
import type { Step } from '../run/model.js';
import type { Run } from '../run/run.js';
import { describeStep } from '../run/describe-step.js';

/** The first line of a file that ShiViz opens: the expression by which it finds events; the second: one execution. */
const PARSER = '(?<event>.*)\\n(?<host>\\S*) (?<clock>{.*})\n\n';

/** Exports a run for ShiViz (https://bestchai.bitbucket.io/shiviz/). */
export function toShiviz(run: Run): string {
  const hosts = hostNames(run);
  const clocks = new Map<string, Map<string, number>>(run.network.processes.map(({ id }) => [id, new Map()]));
  const sentAt = new Map<Step, ReadonlyMap<string, number>>();
  const entries = run.steps.map((step) => {
    const clock = clocks.get(step.process)!;
    const cause = step.received?.sent;
    for (const [id, count] of (cause && sentAt.get(cause)) ?? []) clock.set(id, Math.max(clock.get(id) ?? 0, count));
    clock.set(step.process, (clock.get(step.process) ?? 0) + 1);
    if (step.sent.length > 0) sentAt.set(step, new Map(clock));
    const named = Object.fromEntries(Array.from(clock, ([id, count]) => [hosts.get(id)!, count]));
    return `${describeStep(step).replace(/\s+/g, ' ')}\n${hosts.get(step.process)!} ${JSON.stringify(named)}\n`;
  });
  return PARSER + entries.join('');
}

/** ShiViz's hosts have no white space in their names; two processes never share one. */
function hostNames(run: Run): Map<string, string> {
  const taken = new Set<string>();
  return new Map(
    run.network.processes.map(({ id }) => {
      const plain = id.replace(/\s+/g, '_');
      let name = plain;
      for (let n = 2; taken.has(name); n++) name = `${plain}_${n}`;
      taken.add(name);
      return [id, name];
    }),
  );
}
