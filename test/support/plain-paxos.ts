/** Paxos with two proposers, a ballot each, and three acceptors, by hand: what the explorer's count is confirmed by. */

/** What is said: `P` prepare, `R` promise (with the last vote), `A` accept, `V` voted; then the ballot, then a value. */
type Word = readonly [kind: 'P' | 'R' | 'A' | 'V', value?: string, votedIn?: number];

interface Proposer {
  readonly phase: 'waits' | 'prepares' | 'proposes' | 'is content';
  readonly answered: readonly number[];
  /** The highest vote that it heard of. */
  readonly highest: readonly [ballot: number, value: string] | null;
}

interface Acceptor {
  readonly promised: number;
  readonly votes: readonly (readonly [ballot: number, value: string])[];
  /** How often it has thrown its dice, in vain: nothing is lost. */
  readonly answers: number;
}

interface Paxos {
  readonly proposers: readonly Proposer[];
  readonly acceptors: readonly Acceptor[];
  /** By proposer and acceptor. */
  readonly asked: readonly (readonly (readonly Word[])[])[];
  readonly told: readonly (readonly (readonly Word[])[])[];
}

const WISHES = ['tea', 'coffee'];
const ACCEPTORS = [0, 1, 2];
const MAJORITY = 2;

const grid = <T>(cell: T) => WISHES.map(() => ACCEPTORS.map(() => cell));
const withCell = <T>(cells: readonly (readonly T[])[], row: number, column: number, cell: T) =>
  cells.with(row, cells[row]!.with(column, cell));

/** A proposer that has heard enough goes on, and says so to all acceptors. */
function propose(state: Paxos, index: number, self: Proposer): Paxos {
  const isEnough = self.answered.length >= MAJORITY;
  if (!isEnough) return { ...state, proposers: state.proposers.with(index, self) };
  if (self.phase === 'proposes') {
    return { ...state, proposers: state.proposers.with(index, { ...self, phase: 'is content' }) };
  }
  const word: Word = ['A', self.highest?.[1] ?? WISHES[index]!];
  return {
    ...state,
    proposers: state.proposers.with(index, { ...self, phase: 'proposes', answered: [] }),
    asked: state.asked.with(
      index,
      state.asked[index]!.map((words) => [...words, word]),
    ),
  };
}

/** A proposer hears the oldest word of an acceptor. */
function hear(state: Paxos, index: number, from: number): Paxos {
  const [word, ...rest] = state.told[index]![from]!;
  const next = { ...state, told: withCell(state.told, index, from, rest) };
  const self = state.proposers[index]!;
  const [kind, value, votedIn = 0] = word!;
  const answered = [...new Set([...self.answered, from])];
  if (self.phase === 'prepares' && kind === 'R') {
    const isHigher = votedIn > (self.highest?.[0] ?? 0);
    return propose(next, index, { ...self, answered, highest: isHigher ? [votedIn, value!] : self.highest });
  }
  return self.phase === 'proposes' && kind === 'V' ? propose(next, index, { ...self, answered }) : next;
}

/** An acceptor takes the oldest word of a proposer, whose ballot is its number and one. */
function answer(state: Paxos, from: number, index: number): Paxos {
  const [word, ...rest] = state.asked[from]![index]!;
  const next = { ...state, asked: withCell(state.asked, from, index, rest) };
  const self = state.acceptors[index]!;
  const ballot = from + 1;
  if (ballot < self.promised) return next;
  const [kind, value] = word!;
  const last = self.votes.at(-1);
  const reply: Word = kind === 'P' ? (last === undefined ? ['R'] : ['R', last[1], last[0]]) : ['V', value!];
  const votes = kind === 'P' ? self.votes : [...self.votes, [ballot, value!] as const];
  return {
    ...next,
    acceptors: next.acceptors.with(index, { promised: ballot, votes, answers: self.answers + 1 }),
    told: withCell(next.told, from, index, [...next.told[from]![index]!, reply]),
  };
}

export const plainPaxos = {
  initial: {
    proposers: WISHES.map(() => ({ phase: 'waits', answered: [], highest: null })),
    acceptors: ACCEPTORS.map(() => ({ promised: 0, votes: [], answers: 0 })),
    asked: grid([]),
    told: grid([]),
  } as Paxos,
  moves(state: Paxos): Paxos[] {
    return state.proposers.flatMap((self, index) => [
      ...(self.phase === 'waits'
        ? [
            {
              ...state,
              proposers: state.proposers.with(index, { ...self, phase: 'prepares' as const }),
              asked: state.asked.with(
                index,
                ACCEPTORS.map(() => [['P'] as const]),
              ),
            },
          ]
        : []),
      ...ACCEPTORS.filter((other) => state.asked[index]![other]!.length > 0).map((other) =>
        answer(state, index, other),
      ),
      ...ACCEPTORS.filter((other) => state.told[index]![other]!.length > 0).map((other) => hear(state, index, other)),
    ]);
  },
};
