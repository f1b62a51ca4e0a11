/** What a line may ask of its reader beyond its own length; the writer keeps to it, so what was written can be read. */

/** Places in all sparse arrays of a file: their length is a mere claim, and walking one means walking all of it. */
const MAX_SPARSE_LENGTH = 1_000_000;
/** Digits of a big integer, its sign included: reading one takes more than linear time. */
const MAX_DIGITS = 100_000;

/** Counts the places in the sparse arrays of one file. @returns What to tell the length of each; throws past the limit. */
export function createSparseLimit(): (length: number) => void {
  let total = 0;
  return (length) => {
    total += length;
    if (total > MAX_SPARSE_LENGTH) throw new Error(`sparse arrays of more than ${MAX_SPARSE_LENGTH} places`);
  };
}

/** Refuses a big integer that is too long, by its digits. */
export function checkDigits(digits: string): void {
  if (digits.length > MAX_DIGITS) throw new Error(`a big integer of more than ${MAX_DIGITS} digits`);
}
