/** What every store of events from outside must do. */
import { assign, sendTo, setup, SimulatedClock, type EventObject } from 'xstate';
import { createMemoryStore } from '../../checkpoint/index.js';
import { createNetwork, fullMesh, isPanoramaError, type GlobalSnapshot } from '../../index.js';
import { logInputs, supervise, type InputStore, type LoggedInput } from '../../recovery/index.js';
import { nextTask } from '../../schedule/event-loop.js';
import { createContract, demand, eventually, violated, type ContractCase } from './contract.js';
import type { StoreUnderTest } from './store-under-test.js';

/**
 * The contract of input stores: events are numbered from 1 without a gap and read back equal, by whoever opens the store
 * next; what is trimmed is gone, and the others keep their numbers; a supervised process forgets what every checkpoint has.
 * Whoever opens it next takes it over: the one before can do nothing more, and what it said to be safe is there once. A
 * store that opens as one and the same object has no next one.
 *
 * @param createStore Makes a new, empty store for each case.
 * @returns The cases: `for (const { name, run } of inputStoreContract(createStore)) test(name, run)`.
 */
export function inputStoreContract(
  createStore: () => StoreUnderTest<InputStore> | Promise<StoreUnderTest<InputStore>>,
): readonly ContractCase[] {
  return createContract(createStore, (store) => store.close?.(), {
    async 'reads back what was appended, in order, numbered from 1, by whoever opens it next'({ open }) {
      const store = await open();
      demand('what a new store has', await store.readAfter(0, 9), []);
      const events = [rich, { type: 'B' }, { type: 'C' }];
      const numbers = await Promise.all(events.map((event) => store.append(event)));
      demand('the numbers that events are given', numbers, [1, 2, 3]);
      const logged = events.map((event, index) => ({ seq: index + 1, event }));
      demand('what is read after 0', await (await open()).readAfter(0, 9), logged);
      demand('what is read after 1, at most 1', await (await open()).readAfter(1, 1), logged.slice(1, 2));
      demand('what is read after 3', await (await open()).readAfter(3, 9), []);
      demand('the number of the next event', await (await open()).append({ type: 'D' }), 4);
    },

    async 'keeps what was appended, whatever becomes of the object'({ open }) {
      const store = await open();
      const event = { type: 'A', list: [1] };
      const appended = store.append(event);
      event.list.push(2);
      await appended;
      const read = await store.readAfter(0, 9);
      demand('what was appended before it changed', read, [{ seq: 1, event: { type: 'A', list: [1] } }]);
    },

    async 'goes on counting when all was trimmed'({ open }) {
      const store = await open();
      for (const type of ['A', 'B', 'C']) await store.append({ type });
      await store.trim(2);
      await store.trim(1);
      demand('what is left', await store.readAfter(0, 9), [{ seq: 3, event: { type: 'C' } }]);
      await store.trim(3);
      demand('the number of the next event', await (await open()).append({ type: 'D' }), 4);
      demand('what is left', await (await open()).readAfter(0, 9), [{ seq: 4, event: { type: 'D' } }]);
    },

    async 'forgets for whoever opens it next, too'({ open }) {
      const store = await open();
      for (const type of ['A', 'B', 'C']) await store.append({ type });
      await store.trim(2);
      const left = [{ seq: 3, event: { type: 'C' } }];
      demand('what is left when it is opened anew', await (await open()).readAfter(0, 9), left);
    },

    async 'is of whoever took it over last: one before can do nothing more'({ open }) {
      const first = await open();
      await first.append({ type: 'A' });
      const second = await open();
      if (second === first) return;
      const taken = [{ seq: 1, event: { type: 'A' } }];
      demand('what the next one reads', await second.readAfter(0, 9), taken);
      await refused('append', () => first.append({ type: 'B' }));
      await refused('readAfter', () => first.readAfter(0, 9));
      await refused('trim', () => first.trim(1));
      demand('what the next one reads', await second.readAfter(0, 9), taken);
      demand('the number of its event', await second.append({ type: 'C' }), 2);
      const third = await open();
      demand('what is read at last', await third.readAfter(0, 9), [...taken, { seq: 2, event: { type: 'C' } }]);
      await refused('append', () => second.append({ type: 'D' }));
      await refused('append', () => first.append({ type: 'E' }));
    },

    async 'has what was said to be safe, once and in order, whoever takes it over meanwhile'({ open }) {
      const safe: number[] = [];
      let store = await open();
      let n = 0;
      for (let life = 0; life < 12; life++) {
        const appending: Promise<unknown>[] = [];
        const append = async (to: InputStore, number: number) => {
          try {
            await to.append({ type: 'N', n: number } as EventObject);
            safe.push(number);
          } catch (error) {
            if (!isPanoramaError(error) || error.code !== 'superseded') throw error;
          }
        };
        for (let count = 0; count < 9; count++) appending.push(append(store, ++n));
        await appending[(life % 3) - 1]; // or at once
        const next = await open();
        const reading = next.readAfter(0, 9999);
        for (let count = 0; count < 9; count++) appending.push(append(store, ++n));
        const read = numbersIn(await reading);
        await Promise.all(appending);
        demand('what was read, later', numbersIn(await next.readAfter(0, 9999)).slice(0, read.length), read);
        store = next;
      }
      const found = numbersIn(await store.readAfter(0, 9999));
      demand(
        'what was said to be safe and is not there',
        safe.filter((number) => !found.includes(number)),
        [],
      );
      demand(
        'what is there, in order and once',
        found,
        [...new Set(found)].sort((a, b) => a - b),
      );
    },

    async 'forgets what every checkpoint in the store has, and no more'({ open }) {
      const supervised = superviseWith(await open());
      try {
        await forgetsWhatCheckpointsHave(supervised);
      } finally {
        supervised.stop();
      }
    },
  });
}

/** What a superseded store is asked for. Throws `contract-violated` when it does it. */
async function refused(method: keyof InputStore, ask: () => Promise<unknown>): Promise<void> {
  const got = await ask().catch((error: unknown) => error);
  if (isPanoramaError(got) && got.code === 'superseded') return;
  violated(`\`${method}\` to reject with \`superseded\` once another one has taken the log over`, got);
}

const numbersIn = (logged: readonly LoggedInput[]) => logged.map(({ event }) => (event as unknown as { n: number }).n);

/** What JSON does not carry. */
const rich = { type: 'RICH', when: new Date(5), map: new Map([['a', new Set([1n])]]), none: undefined, text: 'a\nb' };

/** Keeps what it is told, and tells a peer. */
const teller = /* @__PURE__ */ setup({
  types: { context: {} as { got: number[] }, events: {} as { type: 'TELL'; n: number } | { type: 'TOLD' } },
}).createMachine({
  context: { got: [] },
  on: {
    TELL: {
      actions: [
        assign({ got: ({ context, event }) => [...context.got, event.n] }),
        sendTo(({ system }) => system.get('b'), { type: 'TOLD' }),
      ],
    },
  },
});

type Supervised = ReturnType<typeof superviseWith>;

/** A network whose process `a` has its events from the store, and whose checkpoints are down when that is let happen. */
function superviseWith(inputs: InputStore) {
  const network = createNetwork({ processes: { a: teller, b: teller }, channels: fullMesh(['a', 'b']) });
  network.start();
  const checkpoints = createMemoryStore();
  let letSave: () => void = () => undefined;
  const store = {
    ...checkpoints,
    save: async (snapshot: GlobalSnapshot) => {
      await new Promise<void>((resolve) => (letSave = resolve));
      await checkpoints.save(snapshot);
    },
  };
  const clock = new SimulatedClock();
  const recovery = supervise(network, { store, everyMs: 100, keep: 2, clock, tolerateCrashes: 9 });
  const log = logInputs(network.processes.a, { store: inputs });
  const settle = async () => {
    for (let n = 0; n < 20; n++) await new Promise<void>(nextTask);
  };
  const got = () => network.processes.a.actor.getSnapshot().context.got;
  let last = 0;
  return {
    network,
    recovery,
    got,
    /** The numbers of the events that the store has. */
    kept: async () => (await inputs.readAfter(0, 999)).map(({ seq }) => seq),
    settle,
    async sendUntil(n: number) {
      while (last < n) await log.send({ type: 'TELL', n: ++last });
      await eventually('the last event taken', () => got().at(-1), n);
    },
    /** A checkpoint begins, and is recorded. */
    async begin() {
      clock.increment(100);
      await settle();
    },
    /** It is safely down. */
    async end() {
      letSave();
      await settle();
    },
    stop() {
      log.stop();
      void recovery.stop(); // a checkpoint under way may never be down
      network.stop();
    },
  };
}

async function forgetsWhatCheckpointsHave(supervised: Supervised): Promise<void> {
  const { network, recovery, got, kept } = supervised;
  await supervised.settle();
  await supervised.end(); // with none
  for (const last of [10, 20, 30]) {
    await supervised.sendUntil(last);
    await supervised.begin();
    // Recorded, and not safely down yet.
    const before = await kept();
    await supervised.sendUntil(last + 5);
    const added = [1, 2, 3, 4, 5].map((n) => last + n);
    demand('what is kept while a checkpoint is not down', await kept(), [...before, ...added]);
    await supervised.end();
  }
  // With 20 and 30 kept, and 10 removed only after 30 was down.
  await eventually('the first event kept', async () => (await kept())[0], 11);
  recovery.rollBack('as you like');
  await eventually('the epoch', () => network.epoch, 1);
  const all = Array.from({ length: 35 }, (_, index) => index + 1);
  await eventually('all events taken, each once', got, all);
}
