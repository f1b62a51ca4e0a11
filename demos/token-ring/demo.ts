import { createNetwork, verifySnapshot, type SnapshotOf } from 'xstate-panorama';
import { captureState, explore } from 'xstate-panorama/testing';
import { defineDemo } from '../runner/define-demo.js';
import { createRehearsal } from '../runner/rehearsal.js';
import type { Stage } from '../runner/stage.js';
import config, { HOLD_MS } from './network.js';

type RingSnapshot = SnapshotOf<typeof config.processes>;
type ProcessId = keyof typeof config.processes;

/** Where a token can be. */
const PLACES = ['p', 'p->q', 'q', 'q->p'] as const;
type Place = (typeof PLACES)[number];

function openRing(seed: number) {
  const rehearsal = createRehearsal(seed);
  const network = createNetwork(config, rehearsal);
  network.start();
  return { network, ...rehearsal };
}

/** How many tokens a global state has in each place. */
const tokensOf = ({ processes, channels }: RingSnapshot): Record<Place, number> => ({
  p: Number(processes.p.snapshot.value === 'holding'),
  'p->q': channels['p->q']!.messages.length,
  q: Number(processes.q.snapshot.value === 'holding'),
  'q->p': channels['q->p']!.messages.length,
});

const total = (tokens: Record<Place, number>) => PLACES.reduce((sum, place) => sum + tokens[place], 0);

/** A ring whose token is where we want it. */
function ringWithTokenIn(place: Place) {
  const ring = openRing(1);
  const { network, clock, schedule } = ring;
  // The token's way: out of p, to q, out of q.
  const steps = [
    () => clock.increment(HOLD_MS),
    () => schedule.deliver('p->q'),
    () => clock.increment(HOLD_MS),
  ] as const;
  for (const step of steps.slice(0, PLACES.indexOf(place))) step();
  return { ...ring, look: () => tokensOf(captureState(network)) };
}

/** Takes a snapshot that begins with the token in a place; the token goes on while the markers travel. */
async function snapshotFrom(place: Place, initiator: ProcessId): Promise<RingSnapshot> {
  const { network, clock, settle } = ringWithTokenIn(place);
  const taking = network.takeSnapshot({ initiators: [initiator] });
  for (let round = 0; round < 4; round++) {
    settle();
    clock.increment(HOLD_MS);
  }
  network.stop();
  return taking;
}

/** Looks at one place after the other, in an order, while the token goes on after the first look. */
function lookAround(first: readonly Place[], then: readonly Place[]): number {
  const { network, clock, look } = ringWithTokenIn('p');
  const before = look();
  clock.increment(HOLD_MS); // p passes the token on
  const after = look();
  network.stop();
  return first.reduce((sum, place) => sum + before[place], 0) + then.reduce((sum, place) => sum + after[place], 0);
}

const token = '●';

/** The two processes and their channels, with the tokens in them. */
function draw(tokens: Record<Place, number>): string {
  const at = (place: Place, width: number, fill: string) => {
    const shown = token.repeat(tokens[place]);
    const left = Math.floor((width - shown.length) / 2);
    return fill.repeat(left) + shown + fill.repeat(width - left - shown.length);
  };
  return [
    '  ┌───┐          ┌───┐',
    `  │ p ├─${at('p->q', 7, '─')}─▶│ q │`,
    `  │${at('p', 3, ' ')}│◀─${at('q->p', 7, '─')}─┤${at('q', 3, ' ')}│`,
    '  └───┘          └───┘',
  ].join('\n');
}

async function tell(stage: Stage): Promise<void> {
  stage.say({
    en: 'Two processes, two channels, one token that goes round (the paper, example 2.1).\n',
    zh: '两个进程，两条通道，一个令牌不停地转（论文例 2.1）。\n',
  });
  stage.print(draw({ p: 1, 'p->q': 0, q: 0, 'q->p': 0 }));
  const two = lookAround(['p'], ['p->q', 'q', 'q->p']);
  const none = lookAround(['p->q', 'q', 'q->p'], ['p']);
  stage.say({
    en: `\nLook at p, and at the rest when p has passed the token on: ${two} tokens.\nLook at the rest first, and at p when it has passed the token on: ${none} tokens.\n`,
    zh: `\n先看 p，等 p 送出令牌后再看其余：${two} 个令牌。\n先看其余，等 p 送出令牌后再看 p：${none} 个令牌。\n`,
  });
  stage.say({
    en: 'Chandy–Lamport, begun in each of the four global states by either process:',
    zh: 'Chandy–Lamport，在四个全局状态中的每一个由任一进程发起：',
  });
  const sums: number[] = [];
  const rows: (readonly (string | number)[])[] = [];
  for (const place of PLACES) {
    for (const initiator of ['p', 'q'] as const) {
      const tokens = tokensOf(await snapshotFrom(place, initiator));
      sums.push(total(tokens));
      rows.push([place, initiator, ...PLACES.map((where) => token.repeat(tokens[where])), total(tokens)]);
    }
  }
  stage.table(
    [
      { en: 'token was in', zh: '令牌当时在' },
      { en: 'begun by', zh: '发起者' },
      ...PLACES.map((place) => ({ en: `in ${place}`, zh: `${place} 里` })),
      { en: 'recorded tokens', zh: '记录的令牌数' },
    ],
    rows,
  );
  const right = sums.filter((sum) => sum === 1).length;
  stage.say({
    en: `${right} of ${sums.length} snapshots have exactly one token; looking around found ${two}, and ${none}.`,
    zh: `${sums.length} 个快照中有 ${right} 个恰好一个令牌；四处看看却看到 ${two} 个和 ${none} 个。`,
  });
  if (right !== sums.length) throw new Error(`Expected one token in every snapshot, got ${sums.join(', ')}.`);
}

/** Snapshots in one run under a seed. */
const CHECKED_SNAPSHOTS = 10;

export default defineDemo({
  summary: {
    en: 'the paper’s first example: one token, never two and never none',
    zh: '论文的第一个例子：一个令牌，从不多也从不少',
  },
  tell,
  small: {
    of: {
      en: 'The ring of two with one token (the figure of the paper’s example 2.1):',
      zh: '两个进程、一个令牌的环（论文例 2.1 的图）：',
    },
    states: 4,
    terminal: 0,
    explore: (options) =>
      explore(config, {
        ...options,
        properties: {
          always: { 'exactly one token': (state) => total(tokensOf(state)) === 1 },
          sometimes: Object.fromEntries(
            PLACES.map((place) => [`the token is in ${place}`, (state: RingSnapshot) => tokensOf(state)[place] === 1]),
          ),
        },
      }),
  },
  claims: {
    seeds: 100,
    always: {
      'snapshots with exactly one token': CHECKED_SNAPSHOTS,
      'snapshots that are consistent': CHECKED_SNAPSHOTS,
    },
    sometimes: PLACES.map((place) => `the token was recorded in ${place}`),
    async run(seed) {
      const { network, random, tick, settle } = openRing(seed);
      const snapshots: RingSnapshot[] = [];
      while (snapshots.length < CHECKED_SNAPSHOTS) {
        for (let n = random.integer(6); n > 0; n--) tick(HOLD_MS / 2);
        const taking = network.takeSnapshot({ initiators: [random.pick(['p', 'q'] as const)] });
        for (let n = random.integer(6); n > 0; n--) tick(HOLD_MS / 2);
        settle();
        snapshots.push(await taking);
      }
      network.stop();
      const tokens = snapshots.map(tokensOf);
      const found = PLACES.map((place) => [`the token was recorded in ${place}`, tokens.some((at) => at[place] > 0)]);
      return {
        'snapshots with exactly one token': tokens.filter((at) => total(at) === 1).length,
        'snapshots that are consistent': snapshots.filter((snapshot) => verifySnapshot(snapshot).consistent).length,
        ...(Object.fromEntries(found) as Record<string, boolean>),
      };
    },
  },
});
