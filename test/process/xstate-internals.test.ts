/** What people see of XState’s actors does not change because they are processes (docs/traps.md#session-ids-collide). */
import { describe, expect, it } from 'vitest';
import { createActor, createMachine, type AnyActor } from 'xstate';
import { attachProcess, createProcess, withPeers } from '../../src/index.js';

const machine = createMachine({});

/** The number in a session id, `x:27`. */
const numberOf = ({ sessionId }: AnyActor) => Number(sessionId.slice('x:'.length));

describe('session ids', () => {
  const create: Record<string, () => AnyActor> = {
    createProcess: () => createProcess(machine, { id: 'p' }).actor,
    withPeers: () => createActor(withPeers(machine, { id: 'p' })),
    attachProcess: () => {
      const actor = createActor(machine);
      attachProcess(actor, { id: 'p' });
      return actor;
    },
  };

  it.each(Object.entries(create))('are used up by the application’s own actors alone (%s)', (_, make) => {
    const first = numberOf(createActor(machine));
    const ids = [make(), make(), createActor(machine), make()].map(numberOf);
    expect(ids).toEqual([first + 1, first + 2, first + 3, first + 4]);
  });
});
