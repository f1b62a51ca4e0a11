import { setFlagsFromString } from 'node:v8';
import { runInNewContext } from 'node:vm';

/** Samples taken before the heap counts as warm: code is still being compiled, and caches filled. */
const WARM_UP = 5;
/** What the heap may grow by between its first and last warm samples, in bytes; noise is less, a leak soon is more. */
const MAX_GROWTH_BYTES = 4 * 2 ** 20;

/** Watches the heap stay flat. */
export interface HeapWatch {
  /** Collects the garbage, and takes the size of what is left, in bytes. */
  sample(): number;
  /** By how many bytes the heap has grown since it was warm: the medians of the first and last third are compared. */
  readonly growthBytes: number;
  readonly isFlat: boolean;
}

/** Creates a watch of this program's heap. */
export function createHeapWatch(): HeapWatch {
  setFlagsFromString('--expose-gc');
  const collectGarbage = runInNewContext('gc') as () => void;
  const samples: number[] = [];
  return {
    sample() {
      collectGarbage();
      const { heapUsed } = process.memoryUsage();
      samples.push(heapUsed);
      return heapUsed;
    },
    get growthBytes() {
      const warm = samples.slice(WARM_UP);
      const third = Math.ceil(warm.length / 3);
      return warm.length < 3 ? 0 : median(warm.slice(-third)) - median(warm.slice(0, third));
    },
    get isFlat() {
      return this.growthBytes <= MAX_GROWTH_BYTES;
    },
  };
}

function median(values: readonly number[]): number {
  return [...values].sort((a, b) => a - b)[Math.floor(values.length / 2)]!;
}
