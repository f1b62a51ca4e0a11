import { wait } from '../clock.js';
import { isPanoramaError, PanoramaError } from '../errors.js';
import type { AnyGlobalSnapshot } from '../global-snapshot.js';
import type { ParsedOptions } from './options.js';
import type { Property } from './property.js';

/** Something that takes global snapshots, and which clock it lives by. */
export interface Source {
  takeSnapshot(options: object): Promise<AnyGlobalSnapshot>;
}

/** One snapshot, judged. */
export type Sample<TSnapshot, TWitness> =
  | { readonly snapshot: TSnapshot; readonly holds: true; readonly witness: TWitness }
  | { readonly snapshot: TSnapshot; readonly holds: false };

/** Takes snapshots one after another, never two at a time, and judges each. */
export interface Sampler {
  /** Takes a snapshot, again when it is aborted, and judges it. */
  take(): Promise<Sample<AnyGlobalSnapshot, unknown>>;
  /** Waits until the next snapshot is due. */
  pause(): Promise<void>;
  /** Leaves no timer behind. */
  close(): void;
}

/** Creates a {@link Sampler}. */
export function createSampler(source: Source, property: Property, options: ParsedOptions): Sampler {
  const { signal, clock, everyMs, tolerateFailures, snapshotOptions } = options;
  let taken = 0;
  let lastHeld: string | undefined;
  let close: () => void = () => undefined;
  let isDue: Promise<void>;

  const judge = (snapshot: AnyGlobalSnapshot): Sample<AnyGlobalSnapshot, unknown> => {
    const witness = property(snapshot);
    if (witness instanceof Promise) {
      throw new PanoramaError(
        'invalid-argument',
        'Expected the property to say at once whether it holds, got a promise. Make it a plain function.',
      );
    }
    if (witness) {
      lastHeld = snapshot.id;
      return { snapshot, holds: true, witness };
    }
    if (lastHeld !== undefined) throw unstable(lastHeld, snapshot.id);
    return { snapshot, holds: false };
  };

  const refuseAborted = () => {
    if (!signal?.aborted) return;
    throw new PanoramaError(
      'snapshot-aborted',
      `Detection was given up by its \`signal\` after ${taken} snapshot(s).`,
      {
        cause: signal.reason,
      },
    );
  };

  const pause = async () => {
    await new Promise<void>((resolve) => {
      const wake = () => {
        signal?.removeEventListener('abort', wake);
        resolve();
      };
      signal?.addEventListener('abort', wake);
      void isDue.then(wake);
      if (signal?.aborted) wake();
    });
    refuseAborted();
  };

  const take = async () => {
    for (let failures = 0; ; await pause()) {
      close();
      isDue = new Promise((resolve) => (close = wait(everyMs, resolve, clock)));
      let snapshot;
      try {
        refuseAborted();
        snapshot = await source.takeSnapshot({ ...snapshotOptions, ...(signal && { signal }) });
      } catch (error) {
        refuseAborted();
        if (!isPanoramaError(error) || error.code !== 'snapshot-aborted') throw error;
        if (failures++ < tolerateFailures) continue;
        const message = `Expected a snapshot to complete, got ${failures} aborted one(s) in a row; the last: ${error.message} \`tolerateFailures\` allows more.`;
        throw new PanoramaError('snapshot-aborted', message, { cause: error, channels: error.channels });
      }
      taken++;
      return judge(snapshot);
    }
  };

  return { take, pause, close: () => close() };
}

function unstable(held: string, fails: string): PanoramaError {
  return new PanoramaError(
    'unstable-property',
    `Expected a stable property, which stays true once it is, got one that held in snapshot ${held} and not in the later snapshot ${fails}. Does it forget messages in flight, or timers? Did somebody send from outside?`,
    { snapshotIds: [held, fails] },
  );
}
