/** What a verdict's witness points at, whatever property gave it. */
import type { PropertyVerdict } from '../protocol.js';

/** The parts of a network that show why a property holds. */
export interface Witness {
  readonly processes: ReadonlySet<string>;
  /** Processes that are at rest for good, as a termination's witness has them. */
  readonly atRest: ReadonlySet<string>;
  /** Who points at whom, as `from->to`. */
  readonly edges: ReadonlySet<string>;
  /** Messages, as `channel seq`. */
  readonly messages: ReadonlySet<string>;
}

/** What the witnesses of verdicts point at, all together. They come from anywhere: what is none of it is passed over. */
export function witnessOf(verdicts: readonly PropertyVerdict[]): Witness {
  const [processes, atRest, edges, messages] = Array.from({ length: 4 }, () => new Set<string>()) as Four;
  for (const { witness } of verdicts) {
    const found = Object(witness) as Partial<Record<'processes' | 'passive' | 'edges' | 'messages', unknown>>;
    for (const id of listOf(found.processes)) if (typeof id === 'string') processes.add(id);
    for (const id of listOf(found.passive)) if (typeof id === 'string') atRest.add(id);
    for (const edge of listOf(found.edges)) {
      const { from, to } = Object(edge) as { from?: unknown; to?: unknown };
      if (typeof from === 'string' && typeof to === 'string') edges.add(`${from}->${to}`);
    }
    for (const message of listOf(found.messages)) {
      const { channel, seq } = Object(message) as { channel?: unknown; seq?: unknown };
      if (typeof channel === 'string' && typeof seq === 'number') messages.add(`${channel} ${seq}`);
    }
  }
  return { processes, atRest, edges, messages };
}

type Four = [Set<string>, Set<string>, Set<string>, Set<string>];

function listOf(value: unknown): readonly unknown[] {
  return Array.isArray(value) ? value : [];
}
