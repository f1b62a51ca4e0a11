/** Numbers in a row that grows. */
export class NumberList {
  private numbers = new Float64Array(1024);
  private size = 0;

  get length(): number {
    return this.size;
  }

  get(index: number): number {
    return this.numbers[index]!;
  }

  push(number: number): void {
    if (this.size === this.numbers.length) {
      const larger = new Float64Array(this.size * 2);
      larger.set(this.numbers);
      this.numbers = larger;
    }
    this.numbers[this.size++] = number;
  }
}

const FREE = -1;

/** The states met so far: tuples of small numbers, each kept once, numbered in the order in which they were met. */
export class StateStore {
  private tuples: Int32Array;
  private table = new Int32Array(4096).fill(FREE);
  private count = 0;

  /** @param width Numbers in a tuple. */
  constructor(private readonly width: number) {
    this.tuples = new Int32Array(1024 * width);
  }

  get size(): number {
    return this.count;
  }

  /** A state by its number; a view that the next `add` may leave behind. */
  get(index: number): Int32Array {
    return this.tuples.subarray(index * this.width, (index + 1) * this.width);
  }

  /** The number of a state, if it was met. */
  find(tuple: Int32Array): number | undefined {
    const index = this.table[this.slotOf(tuple)]!;
    return index === FREE ? undefined : index;
  }

  /** Keeps a state that was not met yet, and returns its number. */
  add(tuple: Int32Array): number {
    if (this.count * 2 >= this.table.length) this.growTable();
    if ((this.count + 1) * this.width > this.tuples.length) {
      const larger = new Int32Array(this.tuples.length * 2);
      larger.set(this.tuples);
      this.tuples = larger;
    }
    this.tuples.set(tuple, this.count * this.width);
    this.table[this.slotOf(tuple)] = this.count;
    return this.count++;
  }

  /** Where the tuple is in the table, or where it would be. */
  private slotOf(tuple: Int32Array): number {
    const mask = this.table.length - 1;
    for (let slot = hash(tuple) & mask; ; slot = (slot + 1) & mask) {
      const index = this.table[slot]!;
      if (index === FREE || this.equals(index, tuple)) return slot;
    }
  }

  private equals(index: number, tuple: Int32Array): boolean {
    const start = index * this.width;
    for (let at = 0; at < this.width; at++) if (this.tuples[start + at] !== tuple[at]) return false;
    return true;
  }

  private growTable(): void {
    this.table = new Int32Array(this.table.length * 2).fill(FREE);
    for (let index = 0; index < this.count; index++) this.table[this.slotOf(this.get(index))] = index;
  }
}

/** Numbers near each other, as ids are, end up far from each other. */
function hash(tuple: Int32Array): number {
  let mixed = 0x9e3779b9;
  for (const number of tuple) {
    mixed = Math.imul(mixed ^ number, 0x85ebca6b);
    mixed ^= mixed >>> 15;
  }
  mixed = Math.imul(mixed, 0xc2b2ae35);
  return mixed ^ (mixed >>> 16);
}
