import { fromTransition, type AnyActor, type AnyActorRef } from 'xstate';
import { expect, it } from 'vitest';
import { attachProcess, createManualSchedule, createNetwork } from '../../src/index.js';

it('an actor is the root of one process: that of a network is not attached to another', () => {
  const schedule = createManualSchedule();
  const count = fromTransition((n: number) => n + 1, 0);
  const network = createNetwork({ processes: { a: count, b: count }, channels: [['a', 'b']] }, { schedule });
  network.start();
  const actor = network.processes.a.actor as unknown as AnyActor;
  expect(() => attachProcess(actor, { id: 'a' })).toThrow(/an actor that is no process yet, got "a"/);
  (actor.system.get('b') as AnyActorRef).send({ type: 'X' });
  schedule.deliver('a->b');
  expect(network.processes.b.actor.getSnapshot().context).toBe(1);
  network.stop();
});

it('`system.get` finds peers also when it is called by itself', () => {
  const network = createNetwork({
    processes: { a: fromTransition((n: number) => n, 0), b: fromTransition((n: number) => n, 0) },
    channels: [['a', 'b']],
  });
  const { get, getAll } = network.processes.a.actor.system;
  expect((get('b') as AnyActorRef).id).toBe('b');
  expect(Object.keys(getAll())).toEqual(['b']);
});
