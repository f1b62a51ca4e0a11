/** Towns of real programs that are killed, stand still and are cut off. */
import { beset, wearOut } from '../recovery/town/faults.js';

/** A fifth of the faults are done to a town whose hub outlives them. */
const GENTLE = 0.2;
/** A town is not made older than this: its books grow with its inputs. */
const FAULTS_PER_TOWN = 250;

/** Does so many faults, and says what came of them. @throws When something is wrong, with what each program said last. */
export async function besetTowns(firstSeed: number, faults: number): Promise<void> {
  console.log(`seed ${firstSeed}, ${faults} faults`);
  const gentle = Math.round(faults * GENTLE);
  let done = 0;
  for (let seed = firstSeed; done < faults - gentle; seed++) {
    const outcome = await beset(seed, Math.min(FAULTS_PER_TOWN, faults - gentle - done), console.log);
    done += outcome.faults;
    console.log(outcome);
  }
  if (gentle > 0) console.log(await wearOut(firstSeed, gentle, console.log));
}
