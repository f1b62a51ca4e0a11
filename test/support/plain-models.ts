/** The pinned systems once more, by hand, as plain data: what the explorer's counts are confirmed by. */

/** A ring in which whoever has a token may pass it on. */
export const plainRing = {
  initial: (size: number, tokens: number) => ({
    held: Array.from({ length: size }, (_, index) => (index === 0 ? tokens : 0)),
    inFlight: Array.from({ length: size }, () => 0),
  }),
  moves({ held, inFlight }: { held: number[]; inFlight: number[] }) {
    const size = held.length;
    return held.flatMap((_, at) => [
      ...(held[at]! > 0
        ? [{ held: held.with(at, held[at]! - 1), inFlight: inFlight.with(at, inFlight[at]! + 1) }]
        : []),
      ...(inFlight[at]! > 0
        ? [
            {
              held: held.with((at + 1) % size, held[(at + 1) % size]! + 1),
              inFlight: inFlight.with(at, inFlight[at]! - 1),
            },
          ]
        : []),
    ]);
  },
};

interface Toggles {
  p: 'A' | 'B';
  q: 'A' | 'B';
  toQ: number;
  toP: number;
}

/** The paper's example 2.2: each of two processes may send once, and may again when it has received. */
export const plainToggles = {
  initial: { p: 'A', q: 'A', toQ: 0, toP: 0 } as Toggles,
  moves(state: Toggles): Toggles[] {
    const { p, q, toQ, toP } = state;
    return [
      ...(p === 'A' ? [{ ...state, p: 'B' as const, toQ: toQ + 1 }] : []),
      ...(q === 'A' ? [{ ...state, q: 'B' as const, toP: toP + 1 }] : []),
      ...(toP > 0 ? [{ ...state, p: 'A' as const, toP: toP - 1 }] : []),
      ...(toQ > 0 ? [{ ...state, q: 'A' as const, toQ: toQ - 1 }] : []),
    ];
  },
};

/** Who pays whom how much, in this order. */
export type Orders = readonly (readonly (readonly [to: number, amount: number])[])[];

interface Bank {
  balances: number[];
  /** By payer and payee: the amounts on the way. */
  inFlight: number[][][];
  done: number[];
}

/** Accounts that carry their orders out one by one; one that they have no money for they skip. */
export const plainBank = {
  initial: (balances: readonly number[]): Bank => ({
    balances: [...balances],
    inFlight: balances.map(() => balances.map(() => [])),
    done: balances.map(() => 0),
  }),
  moves(orders: Orders, state: Bank): Bank[] {
    const moves: Bank[] = [];
    const move = (change: (next: Bank) => void) => {
      const next = structuredClone(state);
      change(next);
      moves.push(next);
    };
    state.balances.forEach((balance, account) => {
      const order = orders[account]![state.done[account]!];
      if (order !== undefined) {
        move((next) => {
          const [to, amount] = order;
          next.done[account]!++;
          if (balance < amount) return;
          next.balances[account]! -= amount;
          next.inFlight[account]![to]!.push(amount);
        });
      }
      state.inFlight.forEach((payments, from) => {
        if (payments[account]!.length === 0) return;
        move((next) => void (next.balances[account]! += next.inFlight[from]![account]!.shift()!));
      });
    });
    return moves;
  },
};
