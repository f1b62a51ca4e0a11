import { expect, it } from 'vitest';
import { check, isUpheld } from '../../demos/runner/check.js';
import type { Demo, Fact } from '../../demos/runner/define-demo.js';

/** Pins what a demo comes to: exactly, under the first seed; and that all of its claims hold under as many as it says. */
export function pins({ claims }: Demo, facts: Readonly<Record<string, Fact>>): void {
  it('comes to its pinned result under seed 1, twice alike', async () => {
    expect(await claims.run(1)).toEqual(facts);
    expect(await claims.run(1)).toEqual(facts);
  });

  it(`holds what it claims under ${claims.seeds} seeds`, async () => {
    const report = await check(claims);
    expect(report.failures).toEqual([]);
    expect(report).toSatisfy(isUpheld);
  }, 120_000);
}
