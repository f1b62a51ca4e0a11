import type { NetworkHandle } from '../network/network-handle.js';
import { parseOptions, type DetectOptions, type WatchOptions } from './options.js';
import type { Fails, Property } from './property.js';
import { createSampler, type Sample, type Sampler, type Source } from './sampler.js';

/** The part of a network, or of a process alone in its program, that detection uses; its clock measures the pauses. */
export type SnapshotSource = Pick<NetworkHandle, 'takeSnapshot'> & Partial<Pick<NetworkHandle, 'clock'>>;

/** The global snapshots that a source takes. */
export type SnapshotTakenBy<TSource extends SnapshotSource> = Awaited<ReturnType<TSource['takeSnapshot']>>;

/** The options that a source takes for each snapshot, but the signal, which is the detection's. */
export type SnapshotOptionsOf<TSource extends SnapshotSource> = TSource extends {
  takeSnapshot(options?: infer TOptions): unknown;
}
  ? Omit<TOptions, 'signal'>
  : object;

/** A property was detected. */
export interface Detection<TSnapshot, TWitness> {
  /** The first snapshot in which it held. */
  readonly snapshot: TSnapshot;
  /** What the property gave for it. */
  readonly witness: TWitness;
}

/**
 * Detects a stable property: takes snapshots one after another until the property holds in one.
 *
 * The guarantees of section 5 of the paper, for a stable property y and the recorded global state S*: *y holds in S\* ⇒ it
 * held when the snapshot ended, and holds now.* *y does not hold in S\* ⇒ it did not hold when the snapshot began.* So what
 * is detected is true, and what has become true is detected by the next snapshot to begin. That y held in S* does not say
 * that it held when the snapshot began, nor is S* itself a state that need have occurred.
 *
 * @param source A network, or a process alone in its program.
 * @param property A stable property; see {@link Property}.
 * @param options How often (`everyMs`), until when (`signal`), how sure (`confirmations`).
 * @returns The first snapshot in which it held, and its witness. Rejects with `unstable-property`, naming both snapshots,
 *   when the property held in one and not in a later one; with `snapshot-aborted` when the signal aborts, or snapshots are
 *   aborted again and again; with whatever else `takeSnapshot` or the property throws.
 * @throws `invalid-argument` for bad options.
 */
export function detect<const TSource extends SnapshotSource, TWitness>(
  source: TSource,
  property: Property<SnapshotTakenBy<TSource>, TWitness>,
  options: DetectOptions<SnapshotOptionsOf<NoInfer<TSource>>> = {},
): Promise<Detection<SnapshotTakenBy<TSource>, Exclude<TWitness, Fails>>> {
  const parsed = parseOptions(source, property, options);
  const sampler = createSampler(source as unknown as Source, property as unknown as Property, parsed);
  return firstSample(sampler, parsed.confirmations).finally(() => sampler.close()) as never;
}

async function firstSample(sampler: Sampler, confirmations: number): Promise<Detection<unknown, unknown>> {
  for (let sample = await sampler.take(); ; sample = await sampler.take()) {
    if (sample.holds) {
      for (let n = 0; n < confirmations; n++) await sampler.take();
      return { snapshot: sample.snapshot, witness: sample.witness };
    }
    await sampler.pause();
  }
}

/**
 * Watches a property: takes snapshots one after another, for ever, and says of each whether the property holds.
 *
 * Goes on after it held, and throws `unstable-property` when it then fails; as {@link detect} otherwise. End it with
 * `break` or by the signal.
 *
 * @throws As {@link detect} rejects; `invalid-argument` at once for bad options.
 */
export function watch<const TSource extends SnapshotSource, TWitness>(
  source: TSource,
  property: Property<SnapshotTakenBy<TSource>, TWitness>,
  options: WatchOptions<SnapshotOptionsOf<NoInfer<TSource>>> = {},
): AsyncGenerator<Sample<SnapshotTakenBy<TSource>, Exclude<TWitness, Fails>>, never> {
  const parsed = parseOptions(source, property, options);
  return samples(createSampler(source as unknown as Source, property as unknown as Property, parsed)) as never;
}

async function* samples(sampler: Sampler): AsyncGenerator<Sample<unknown, unknown>, never> {
  try {
    for (;;) {
      yield await sampler.take();
      await sampler.pause();
    }
  } finally {
    sampler.close();
  }
}
