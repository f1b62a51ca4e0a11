/** A contract: what every implementation of an interface must do, case by case, for any test runner. */
import { expected } from '../../checks.js';
import { PanoramaError } from '../../errors.js';
import { differences } from '../../snapshot/diff-snapshots.js';
import { brief } from '../../text.js';

/** One thing that a contract asks for. */
export interface ContractCase {
  /** What is asked for, as the name of a test. */
  readonly name: string;
  /**
   * Sets up what is to be judged, anew for each call, judges it, and clears it away.
   *
   * @throws `contract-violated` when it is not as the contract asks, saying what was expected and what was got; whatever
   *   the implementation itself throws.
   */
  run(): Promise<void>;
}

/**
 * Makes the cases of a contract.
 *
 * @param setUp Makes what one case judges.
 * @param clearAway Is called when the case is over, however it ended.
 * @param checks The cases by their names.
 */
export function createContract<T>(
  setUp: () => T | Promise<T>,
  clearAway: (subject: T) => unknown,
  checks: Readonly<Record<string, (subject: T) => Promise<void>>>,
): readonly ContractCase[] {
  return Object.entries(checks).map(([name, check]) => ({
    name,
    async run() {
      const subject = await setUp();
      try {
        await check(subject);
      } finally {
        await clearAway(subject);
      }
    },
  }));
}

/** How long something is waited for that must happen, and how often it is looked at, in milliseconds. */
const PATIENCE_MS = 15_000;
const LOOK_MS = 20;

/** Lets time go by, in milliseconds. */
export const pause = (delayMs: number) => new Promise<void>((resolve) => void setTimeout(resolve, delayMs));

/** Throws `contract-violated` with ``Expected `what`, got …``. */
export function violated(what: string, got: unknown): never {
  return expected(what, got, undefined, 'contract-violated');
}

/** Checks that plain data is equal. Throws `contract-violated`, naming the first difference. */
export function demand(what: string, got: unknown, wanted: unknown): void {
  const [first] = differences(got, wanted, 'it');
  if (first === undefined) return;
  const where = first.path === 'it' ? '' : `, where ${first.path} is ${brief(first.a)} in place of ${brief(first.b)}`;
  throw new PanoramaError('contract-violated', `Expected ${what} to be ${brief(wanted)}, got ${brief(got)}${where}.`);
}

/** Waits until plain data is equal. Throws `contract-violated` when it does not become so. */
export async function eventually(what: string, read: () => unknown, wanted: unknown): Promise<void> {
  await eventuallyMeets(read, (got) => demand(what, got, wanted));
}

/** Waits until a check does not throw any more; throws what it threw last when that does not come. */
export async function eventuallyMeets<T>(read: () => T | Promise<T>, check: (got: T) => void): Promise<void> {
  const end = performance.now() + PATIENCE_MS;
  for (;;) {
    const got = await read();
    try {
      return check(got);
    } catch (error) {
      if (performance.now() >= end) throw error;
    }
    await pause(LOOK_MS);
  }
}
