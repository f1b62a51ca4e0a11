import { assign, sendTo, setup } from 'xstate';
import { describe, expect, it } from 'vitest';
import { createManualSchedule, createNetwork, ring, verifySnapshot } from '../../src/index.js';
import { deliverAll } from '../support/network.js';

describe('the single-token system (the paper, example 2.1)', () => {
  const holder = setup({
    types: { context: {} as { tokens: number; next: string }, input: {} as { tokens: number; next: string } },
  }).createMachine({
    context: ({ input }) => input,
    on: {
      PASS: {
        guard: ({ context }) => context.tokens > 0,
        actions: [
          sendTo(({ system, context }) => system.get(context.next)!, { type: 'TOKEN' }),
          assign({ tokens: ({ context }) => context.tokens - 1 }),
        ],
      },
      TOKEN: { actions: assign({ tokens: ({ context }) => context.tokens + 1 }) },
    },
  });

  /** Every moment in which either process can start the snapshot, and every order of the first deliveries. */
  const script = ['pass p', 'deliver', 'pass q', 'deliver', 'pass p'] as const;
  it.each(script.flatMap((_, at) => (['p', 'q'] as const).map((initiator) => [at, initiator] as const)))(
    'has exactly one token in every recorded state: begun at step %i by %s',
    async (at, initiator) => {
      const schedule = createManualSchedule();
      const network = createNetwork(
        {
          processes: {
            p: { logic: holder, input: { tokens: 1, next: 'q' } },
            q: { logic: holder, input: { tokens: 0, next: 'p' } },
          },
          channels: ring(['p', 'q']),
        },
        { schedule },
      );
      network.start();
      let taking: ReturnType<typeof network.takeSnapshot> | undefined;
      script.forEach((step, index) => {
        if (index === at) taking = network.takeSnapshot({ initiators: [initiator] });
        if (step === 'deliver') for (const id of schedule.pending().keys()) schedule.deliver(id);
        else network.send(step === 'pass p' ? 'p' : 'q', { type: 'PASS' });
      });
      deliverAll(schedule);
      const snapshot = await taking!;
      const held = Object.values(snapshot.processes).map(({ snapshot: { context } }) => context.tokens);
      const inFlight = Object.values(snapshot.channels).map(({ messages }) => messages.length);
      expect([...held, ...inFlight].reduce((sum, n) => sum + n, 0)).toBe(1);
      expect(verifySnapshot(snapshot)).toEqual({ consistent: true });
    },
  );
});

describe('the recorded state that never occurred (the paper, example 2.2)', () => {
  const toggle = (sends: string, to: string) =>
    setup({ types: {} }).createMachine({
      initial: 'A',
      states: {
        A: { on: { GO: { target: 'B', actions: sendTo(({ system }) => system.get(to)!, { type: sends }) } } },
        B: { on: { '*': { target: 'A' } } },
      },
    });

  it('is consistent, and can be reached and left all the same', async () => {
    const schedule = createManualSchedule();
    const network = createNetwork(
      { processes: { p: toggle('M', 'q'), q: toggle('N', 'p') }, channels: ring(['p', 'q']) },
      { schedule },
    );
    network.start();
    const seen: unknown[] = [];
    const values = () => [network.processes.p.actor.getSnapshot().value, network.processes.q.actor.getSnapshot().value];
    const globalState = () => [...values(), `${schedule.pending().get('q->p') ?? 0} to p`];
    const taking = network.takeSnapshot({ initiators: ['p'] }); // p records A and sends its marker …
    seen.push(globalState());
    network.send('p', { type: 'GO' }); // … and goes to B, with M behind the marker.
    seen.push(globalState());
    network.send('q', { type: 'GO' }); // q goes to D and sends N, before the marker reaches it.
    seen.push(globalState());
    schedule.deliver('q->p'); // p receives N and goes back to A.
    seen.push(globalState());
    deliverAll(schedule);
    const { processes, channels } = await taking;
    // Recorded: p in A, q in B, M not sent, N in flight to p. No global state of the run was (A, B) with N in flight.
    expect([processes.p.snapshot.value, processes.q.snapshot.value]).toEqual(['A', 'B']);
    expect(channels['q->p']!.messages.map(({ event }) => event.type)).toEqual(['N']);
    expect(channels['p->q']!.messages).toEqual([]);
    expect(seen).toEqual([
      ['A', 'A', '0 to p'],
      ['B', 'A', '0 to p'],
      ['B', 'B', '1 to p'],
      ['A', 'B', '0 to p'],
    ]);

    // Reachable from the first state: had q gone first. And the run's last state is reachable from it: restore, go on.
    const schedule2 = createManualSchedule();
    const restored = createNetwork(
      { processes: { p: toggle('M', 'q'), q: toggle('N', 'p') }, channels: ring(['p', 'q']) },
      { schedule: schedule2, snapshot: await taking },
    );
    restored.start();
    restored.send('p', { type: 'GO' });
    deliverAll(schedule2);
    expect([restored.processes.p.actor.getSnapshot().value, restored.processes.q.actor.getSnapshot().value]).toEqual(
      values(),
    );
  });
});
