/** Gives equal values one small number each: states become tuples of them, which are compared and kept at no cost. */
export class Interner<T> {
  private readonly ids = new Map<string, number>();
  private readonly values: T[] = [];

  /** How many different values there are. */
  get size(): number {
    return this.values.length;
  }

  /** The number of the value with this key; a new one is made when it is first met. */
  intern(key: string, create: () => T): number {
    const known = this.ids.get(key);
    if (known !== undefined) return known;
    const id = this.values.push(create()) - 1;
    this.ids.set(key, id);
    return id;
  }

  get(id: number): T {
    return this.values[id]!;
  }
}

/** Makes plain data read-only, all the way down: what is interned is shared by all states that have it. */
export function freeze<T>(value: T): T {
  // A view on a buffer cannot be frozen, and neither can what a Map or Set holds be.
  if (typeof value !== 'object' || value === null || ArrayBuffer.isView(value) || Object.isFrozen(value)) return value;
  Object.freeze(value);
  for (const part of Object.values(value)) freeze(part);
  return value;
}
