/** A bank of a hub and three clients, each a program of its own: supervised, its inputs logged, as one would write it. */
import { filter, firstValueFrom } from 'rxjs';
import { assign, sendTo, setup } from 'xstate';
import { loadLatestCheckpoint } from '../../src/checkpoint/index.js';
import type { CreatedProcess, GlobalSnapshot } from '../../src/index.js';
import { logInputs, supervise, type SuperviseOptions } from '../../src/recovery/index.js';
import type { Program, ProgramEnvironment, Random, RunningProgram } from '../../src/testing/index.js';

/** An account that pays another one, over the hub. */
const account = setup({
  types: {
    context: {} as { readonly balance: number },
    events: {} as
      | { type: 'PAY'; to: string; amount: number; n: number }
      | { type: 'TRANSFER'; to: string; amount: number }
      | { type: 'MONEY'; amount: number },
  },
}).createMachine({
  context: { balance: 100 },
  on: {
    PAY: {
      actions: [
        assign({ balance: ({ context, event }) => context.balance - event.amount }),
        sendTo(
          ({ system }) => system.get('hub'),
          ({ event: { to, amount } }) => ({ type: 'TRANSFER', to, amount }),
        ),
      ],
    },
    MONEY: { actions: assign({ balance: ({ context, event }) => context.balance + event.amount }) },
  },
});

/** The hub passes on what is paid, and keeps what is paid to itself. */
const office = setup({
  types: {
    context: {} as { readonly balance: number },
    events: {} as
      { type: 'TRANSFER'; to: string; amount: number } | { type: 'PAY'; to: string; amount: number; n: number },
  },
}).createMachine({
  context: { balance: 100 },
  on: {
    TRANSFER: [
      {
        guard: ({ event }) => event.to === 'hub',
        actions: assign({ balance: ({ context, event }) => context.balance + event.amount }),
      },
      {
        actions: sendTo(
          ({ system, event }) => system.get(event.to),
          ({ event: { amount } }) => ({ type: 'MONEY', amount }),
        ),
      },
    ],
    PAY: {
      actions: [
        assign({ balance: ({ context, event }) => context.balance - event.amount }),
        sendTo(
          ({ system, event }) => system.get(event.to),
          ({ event: { amount } }) => ({ type: 'MONEY', amount }),
        ),
      ],
    },
  },
});

const CLIENTS = ['x', 'y', 'z'] as const;
const SILENCE_MS = 6000;

const SUPERVISION = {
  everyMs: 1000,
  leaseMs: 3000,
  recoverWithinMs: 8000,
  tolerateCrashes: 30,
  snapshotOptions: { timeoutMs: 10_000 },
};

/** A client goes on from the latest checkpoint: its log need not reach back any further. */
const client: Program = (environment) => startClient(environment);

/** A client that sees to crashes when the hub does not. */
const standby: Program = async (environment) => {
  const { store, clock, exit } = environment;
  let process: CreatedProcess | undefined;
  const running = await startClient(environment, (created) => (process = created));
  supervise(process!, { store, clock, ...SUPERVISION }).done.then(exit, exit);
  return running;
};

async function startClient(
  { id, createProcess, link, store, inputs, exit }: ProgramEnvironment,
  onCreated: (process: CreatedProcess) => void = () => undefined,
): Promise<RunningProgram> {
  const { snapshot } = await loadLatestCheckpoint(store);
  const process = createProcess(account, {
    id,
    peers: { hub: { transport: link('hub'), silenceMs: SILENCE_MS } },
    snapshot,
    loadCheckpoint: (snapshotId) => store.load(snapshotId),
  }).start();
  onCreated(process as unknown as CreatedProcess);
  const log = logInputs(process, { store: inputs });
  log.done.catch(exit);
  return { send: log.send.bind(log) };
}

/** The hub supervises, and opens when the first checkpoint is down. */
const hub =
  (options: (environment: ProgramEnvironment) => Partial<SuperviseOptions>): Program =>
  async (environment) => {
    const { id, createProcess, link, store, inputs, clock, exit } = environment;
    const { snapshot } = await loadLatestCheckpoint(store);
    const process = createProcess(office, {
      id,
      peers: Object.fromEntries(CLIENTS.map((peer) => [peer, { transport: link(peer), silenceMs: SILENCE_MS }])),
      snapshot,
    }).start();
    const recovery = supervise(process, { store, clock, ...SUPERVISION, ...options(environment) });
    recovery.done.then(exit, exit);
    if (snapshot === undefined) {
      await firstValueFrom(recovery.events$.pipe(filter(({ type }) => type === 'checkpoint.saved')));
    }
    const log = logInputs(process, { store: inputs });
    log.done.catch(exit);
    return { send: log.send.bind(log) };
  };

/**
 * The programs of the bank.
 *
 * @param options How the hub supervises.
 */
export const bankTown = (options: (environment: ProgramEnvironment) => Partial<SuperviseOptions> = () => ({})) => ({
  hub: hub(options),
  x: client,
  y: client,
  z: client,
});

/** The same, with another coordinator that stands by. */
export const townWithStandby = () => ({ ...bankTown(), x: standby });

/** The hub starts the clients: with itself, and when one is gone. */
export const startsClients = ({ life, start }: ProgramEnvironment): Partial<SuperviseOptions> => {
  if (life > 1) for (const id of CLIENTS) start(id);
  return { restart: ({ process }) => start(process) };
};

/** Payments, of which hardly two are the same. */
export const payments = (random: Random) => {
  const to = random.pick(['hub', ...CLIENTS] as const);
  const payee = random.pick(['hub', ...CLIENTS].filter((id) => id !== to));
  return { to, event: { type: 'PAY', to: payee, amount: random.integer(1, 9), n: random.integer(1, 1e9) } };
};

/** All money, on accounts and in flight. */
export function moneyIn({ processes, channels }: GlobalSnapshot): number {
  const onAccounts = Object.values(processes).map(
    ({ snapshot }) => (snapshot as unknown as { context: { balance: number } }).context.balance,
  );
  const inFlight = Object.values(channels).flatMap(({ messages }) =>
    messages.map(({ event }) => (event as unknown as { amount: number }).amount),
  );
  return [...onAccounts, ...inFlight].reduce((sum, amount) => sum + amount, 0);
}
