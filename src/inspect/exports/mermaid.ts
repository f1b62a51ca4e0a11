/** A run as Mermaid diagrams: what was sent as a sequence diagram, a machine as a state diagram. */
import type { Chart } from '../chart.js';
import { nameOf, shortId } from '../run/describe-step.js';
import type { Envelope } from '../run/model.js';
import type { Run } from '../run/run.js';

/** Mermaid's own signs in a text would end it. */
const escape = (text: string) => text.replace(/[#;:<>"{}\n]/g, (char) => `#${char.charCodeAt(0)};`);

/** Exports a run as a Mermaid `sequenceDiagram`; an arrow stands where its message was received. */
export function toSequenceDiagram(run: Run): string {
  const names = new Map(run.network.processes.map(({ id }, index) => [id, `p${index}`]));
  const lines = run.network.processes.map(({ id }) => `participant ${names.get(id)!} as ${escape(id)}`);
  const draw = (envelope: Envelope, arrow: string, fate = '') =>
    lines.push(
      `${names.get(envelope.from)!}${arrow}${names.get(envelope.to)!}: ${escape(nameOf(envelope))}${fate && ` (${fate})`}`,
    );
  const firstOf = new Map(run.rollbacks.map((rollback) => [[...rollback.steps.values()][0], rollback]));
  const sent = run.steps.flatMap((step) => step.sent);
  for (const step of run.steps) {
    const { process: id, received, recorded } = step;
    if (received !== undefined) draw(received, received.kind === 'message' ? '->>' : '-->>');
    const rollback = firstOf.get(step);
    if (rollback !== undefined) {
      const steps = [...rollback.steps.values()];
      for (const lost of sent) if (steps.some(({ index }) => index === lost.lostAt)) draw(lost, '-x', 'dropped');
      const [first, last] = [steps[0]!, steps.at(-1)!].map(({ process: one }) => names.get(one)!);
      lines.push(`Note over ${first!},${last!}: goes back to snapshot ${escape(shortId(rollback.snapshotId))}`);
    }
    for (const snapshot of recorded)
      lines.push(`Note over ${names.get(id)!}: records for ${escape(shortId(snapshot))}`);
  }
  for (const queue of run.inFlight.values()) {
    for (const envelope of queue) {
      draw(envelope, '--)', 'in flight');
    }
  }
  return `sequenceDiagram\n${lines.map((line) => `  ${line}\n`).join('')}`;
}

/** Exports a machine as a Mermaid `stateDiagram-v2`. */
export function toStateDiagram(chart: Chart): string {
  const names = new Map<string, string>();
  const collect = (state: Chart) => {
    names.set(state.id, `s${names.size}`);
    state.states.forEach(collect);
  };
  collect(chart);
  const arrows: string[] = [];
  const draw = (state: Chart, indent: string): string[] => {
    const name = names.get(state.id)!;
    for (const { event, targets, guard } of state.transitions) {
      const label = [labelOf(event), guard && `[${guard}]`].filter((part) => part !== '').join(' ');
      for (const target of targets.length > 0 ? targets : [state.id]) {
        if (names.has(target)) arrows.push(`  ${name} --> ${names.get(target)!}${label && `: ${escape(label)}`}`);
      }
    }
    const inner = state.states.flatMap((child, index) => [
      ...(state.type === 'parallel' && index > 0 ? [`${indent}  --`] : []),
      ...draw(child, `${indent}  `),
    ]);
    const initial = state.states.find(({ key }) => key === state.initial);
    return [
      `${indent}state "${escape(state.key)}" as ${name}`,
      ...(inner.length === 0
        ? []
        : [
            `${indent}state ${name} {`,
            ...(initial === undefined ? [] : [`${indent}  [*] --> ${names.get(initial.id)!}`]),
            ...inner,
            `${indent}}`,
          ]),
      ...(state.type === 'final' ? [`${indent}${name} --> [*]`] : []),
    ];
  };
  const states = draw(chart, '  ');
  return `stateDiagram-v2\n${[...states, ...arrows].join('\n')}\n`;
}

/** An event's type for people: a delay as `after 50 ms`, one that is always taken as nothing. */
export function labelOf(event: string): string {
  const [, delay] = /^xstate\.after\.(.+?)\./.exec(event) ?? [];
  if (delay !== undefined) return /^\d+$/.test(delay) ? `after ${delay} ms` : `after ${delay}`;
  return event.replace(/^xstate\.(done|error)\.(actor|state)\.(.*)$/, '$1: $3');
}
