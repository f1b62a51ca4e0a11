/** Small systems whose states are counted. */
import { assign, sendTo, setup } from 'xstate';
import { ring, type NetworkConfig } from '../../src/index.js';

/** A process of the paper's example 2.1: it may pass the token on whenever it has it. */
export const holder = setup({
  types: {
    context: {} as { readonly tokens: number; readonly next: string },
    input: {} as { readonly tokens: number; readonly next: string },
    events: {} as { type: 'PASS' } | { type: 'TOKEN' },
  },
}).createMachine({
  context: ({ input }) => input,
  on: {
    PASS: {
      guard: ({ context }) => context.tokens > 0,
      actions: [
        sendTo(({ system, context }) => system.get(context.next), { type: 'TOKEN' }),
        assign({ tokens: ({ context }) => context.tokens - 1 }),
      ],
    },
    TOKEN: { actions: assign({ tokens: ({ context }) => context.tokens + 1 }) },
  },
});

/** A ring of holders; the first has this many tokens. */
export function tokenRing<const TId extends string>(ids: readonly TId[], tokens = 1) {
  const process = (index: number) => ({
    logic: holder,
    input: { tokens: index === 0 ? tokens : 0, next: ids[(index + 1) % ids.length]! as string },
  });
  return {
    processes: Object.fromEntries(ids.map((id, index) => [id, process(index)])) as Record<
      TId,
      ReturnType<typeof process>
    >,
    channels: ring(ids),
  } satisfies NetworkConfig;
}

/** Whoever has a token can be told to pass it on. */
export const passing =
  <const TId extends string>(ids: readonly TId[]) =>
  ({
    processes,
  }: {
    readonly processes: Record<TId, { readonly snapshot: { readonly context: { readonly tokens: number } } }>;
  }) =>
    ids
      .filter((id) => processes[id].snapshot.context.tokens > 0)
      .map((to) => ({ to, event: { type: 'PASS' as const } }));

/** A process of the paper's example 2.2. */
export const toggle = (sends: string, to: string) =>
  setup({}).createMachine({
    initial: 'A',
    states: {
      A: { on: { GO: { target: 'B', actions: sendTo(({ system }) => system.get(to), { type: sends }) } } },
      B: { on: { [sends === 'M' ? 'N' : 'M']: { target: 'A' } } },
    },
  });
