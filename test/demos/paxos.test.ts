import { describe, expect, it } from 'vitest';
import { createActor } from 'xstate';
import { acceptor } from '../../demos/paxos/acceptor.js';
import demo from '../../demos/paxos/demo.js';
import { reachedBy } from '../../demos/paxos/messages.js';
import { pins } from './pins.js';
import { tell } from './tell.js';

describe('paxos', () => {
  pins(demo, {
    'values chosen': 1,
    'agreement holds in every snapshot': true,
    'what detect finds chosen is what all learn': true,
    '“a value is chosen” is stable': true,
    'all snapshots are consistent': true,
    'a value is chosen before anybody knows': false,
    'several ballots were needed': false,
    'faithless acceptors are found out': false,
  });

  it('tells of a value that was chosen before anybody knew, and of faithless acceptors', async () => {
    expect(await tell(demo, 'en')).toMatch(
      /Snapshot 2 shows.*snapshot 5\. Agreement holds in 5 of 5[\s\S]*detect\(network, chosen\)[\s\S]*is broken/,
    );
  });

  it('has acceptors that do not vote below what they promised', () => {
    const actor = createActor(acceptor, { input: { learners: [], dice: { state: 1, lossPercent: 100 } } }).start();
    actor.send({ type: 'PREPARE', ballot: 5, from: 'p' });
    actor.send({ type: 'ACCEPT', ballot: 4, value: 'old', from: 'p' });
    expect(actor.getSnapshot().context).toMatchObject({ promised: 5, votes: [] });
    actor.send({ type: 'ACCEPT', ballot: 6, value: 'new', from: 'p' });
    expect(actor.getSnapshot().context).toMatchObject({ promised: 6, votes: [{ ballot: 6, value: 'new' }] });
  });

  it('loses about as many messages as it says', () => {
    let dice = { state: 7, lossPercent: 30 };
    let reached = 0;
    for (let n = 0; n < 10_000; n++) {
      const thrown = reachedBy(dice, ['a']);
      dice = thrown.dice;
      reached += thrown.reached.length;
    }
    expect(reached).toBeGreaterThan(6_800);
    expect(reached).toBeLessThan(7_200);
  });
});
