/** A short soak, the same each time; `npm run soak` goes on for as long as one likes. */
import { describe, expect, it } from 'vitest';
import { parseSnapshot, serializeSnapshot } from '../../src/file/index.js';
import { verifySnapshot } from '../../src/index.js';
import { readFixtures } from './fixtures.js';
import { createTally, soakRound } from './round.js';
import { moneyIn } from './shop.js';
import { createTownTally, soakTown } from './town.js';

const fixtures = readFixtures();

describe('a soak', () => {
  it('of 60 rounds finds nothing wrong, and everything came about in it', async () => {
    const tally = createTally();
    for (let seed = 1; seed <= 60; seed++) await soakRound(seed, [...fixtures.values()], tally);
    for (const [what, count] of Object.entries(tally))
      expect([what, count]).toEqual([what, expect.toSatisfy((n: number) => n > 5)]);
  });

  it('of 30 towns, whose topology changes under every snapshot, finds nothing wrong', async () => {
    const tally = createTownTally();
    for (let seed = 1; seed <= 30; seed++) await soakTown(seed, tally);
    const { timedOut, ...often } = tally;
    expect(timedOut).toBeLessThan(often.townAborted / 10); // whoever leaves is named at once
    for (const [what, count] of Object.entries(often))
      expect([what, count]).toEqual([what, expect.toSatisfy((n: number) => n > 5)]);
  });

  it('repeats a round exactly', async () => {
    const tallies = [createTally(), createTally()];
    for (const tally of tallies) await soakRound(7, [...fixtures.values()], tally);
    expect(tallies[0]).toEqual(tallies[1]);
  });
});

describe('snapshot files of earlier versions', () => {
  it.each([...fixtures])('%s is read, consistent, and written again as it is', (_, text) => {
    const snapshot = parseSnapshot(text);
    expect(verifySnapshot(snapshot)).toEqual({ consistent: true });
    expect(moneyIn(snapshot)).toBe(400);
    expect(parseSnapshot(serializeSnapshot(snapshot))).toEqual(snapshot);
  });
});
