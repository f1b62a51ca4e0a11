import { describe, expect, it } from 'vitest';
import { createActor } from 'xstate';
import { supervisorMachine } from '../../machines/index.js';

describe('the supervisor', () => {
  it('waits for everybody whom a report names, however late', () => {
    const supervisor = createActor(supervisorMachine, { input: { processes: 1 } }).start();
    const values = [2, 1, 0, 0].map((named) => {
      supervisor.send({ type: 'report.received', named });
      return supervisor.getSnapshot().value;
    });
    expect(values).toEqual(['collecting', 'collecting', 'collecting', 'complete']);
  });

  it('gives up, and keeps the reason', () => {
    const supervisor = createActor(supervisorMachine, { input: { processes: 1 } }).start();
    supervisor.send({ type: 'snapshot.aborted', reason: 'enough' });
    expect(supervisor.getSnapshot()).toMatchObject({ value: 'aborted', context: { reason: 'enough' } });
  });
});
