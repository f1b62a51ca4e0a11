/** What a global snapshot says of Paxos. */
import type { SnapshotOf } from 'xstate-panorama';
import { isMajority, type Vote } from './messages.js';
import { acceptors, learners, type createPaxos } from './network.js';

export type PaxosSnapshot = SnapshotOf<ReturnType<typeof createPaxos>['processes']>;

/** A global state, as far as its acceptors go. */
interface Voting {
  readonly processes: Readonly<
    Record<(typeof acceptors)[number], { readonly snapshot: { readonly context: { readonly votes: readonly Vote[] } } }>
  >;
}

/** Every vote cast, by acceptor. */
const votesIn = ({ processes }: Voting): readonly (readonly Vote[])[] =>
  acceptors.map((id) => processes[id].snapshot.context.votes);

/**
 * What is chosen: the ballots, and their values, in which a majority of the acceptors has voted. That a value is chosen is
 * a stable property, as votes are not taken back.
 */
export function chosenIn(snapshot: Voting): Vote[] {
  const votes = votesIn(snapshot);
  const votersIn = (ballot: number) => votes.filter((cast) => cast.some((vote) => vote.ballot === ballot)).length;
  const ballots = new Map(votes.flat().map((vote) => [vote.ballot, vote]));
  return [...ballots.values()].filter(({ ballot }) => isMajority(votersIn(ballot), acceptors.length));
}

/** The values that learners have learned. */
export function learnedIn({ processes }: PaxosSnapshot): string[] {
  return learners.map((id) => processes[id].snapshot.context.learned).filter((value) => value !== undefined);
}

/**
 * Whether agreement holds: once a value is chosen in a ballot, every vote in a higher one is for it, and so is every
 * proposal and vote on its way; and learners have learned nothing else.
 */
export function isAgreed(snapshot: PaxosSnapshot): boolean {
  const [first, ...more] = chosenIn(snapshot).sort((one, other) => one.ballot - other.ballot);
  if (first === undefined) return learnedIn(snapshot).length === 0;
  const onTheWay = Object.values(snapshot.channels)
    .flatMap(({ messages }) => messages.map(({ event }) => event))
    .filter((event) => event.type === 'ACCEPT' || event.type === 'ACCEPTED');
  const later = [...more, ...votesIn(snapshot).flat(), ...onTheWay].filter(({ ballot }) => ballot > first.ballot);
  return (
    later.every(({ value }) => value === first.value) && learnedIn(snapshot).every((value) => value === first.value)
  );
}
