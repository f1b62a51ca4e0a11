/** Makes a failing run smaller, whatever its steps are. */

/** What failed in a run. */
interface AnyFailure {
  readonly check: string;
  readonly property?: string | undefined;
}

/** Whether two failures are the same one, though perhaps of different runs. */
export function isSameFailure(a: AnyFailure | undefined, b: AnyFailure | undefined): boolean {
  return a !== undefined && a.check === b?.check && a.property === b.property;
}

/**
 * Delta debugging: ever smaller pieces of the steps are left out, as long as the run fails all the same.
 *
 * @param best The steps that are known to fail, at the time.
 * @param attempt Carries out some of them. Resolves to whether the run fails all the same; then its steps are the best ones.
 */
export async function removeSteps<TStep>(
  best: () => readonly TStep[],
  attempt: (steps: readonly TStep[]) => Promise<boolean>,
): Promise<void> {
  for (let size = Math.ceil(best().length / 2); size >= 1; size = size === 1 ? 0 : Math.ceil(size / 2)) {
    // From the end: later steps depend on earlier ones.
    for (let end = best().length; end > 0; end = Math.min(end - size, best().length)) {
      await attempt([...best().slice(0, Math.max(0, end - size)), ...best().slice(end)]);
    }
  }
}
