import { describe, expect, it } from 'vitest';
import { setup } from 'xstate';
import { createManualSchedule, createNetwork, fullMesh, type TraceEvent } from '../../src/index.js';
import { createSimulatedClock, tellStory } from '../../src/testing/index.js';
import { account } from '../support/account.js';
import { deliverAll } from '../support/network.js';

function bank() {
  const schedule = createManualSchedule();
  const network = createNetwork(
    {
      processes: { ann: { logic: account, input: { balance: 10 } }, bob: { logic: account, input: { balance: 20 } } },
      channels: fullMesh(['ann', 'bob']),
    },
    { schedule, clock: createSimulatedClock() },
  );
  const trace: TraceEvent[] = [];
  network.trace$.subscribe((event) => trace.push(event));
  network.start();
  return { network, schedule, trace };
}

describe('a story', () => {
  it('has one line a step: who did what, the records, the markers, and what is in flight', () => {
    const { network, schedule, trace } = bank();
    network.send('ann', { type: 'PAY', to: 'bob', amount: 3 });
    void network.takeSnapshot({ initiators: ['bob'] });
    network.send('ann', { type: 'PAY', to: 'bob', amount: 4 });
    deliverAll(schedule);
    expect(`\n${tellStory(trace)}\n`).toMatchInlineSnapshot(`
      "
         ann  bob
      1  ●    │    ann takes PAY {"to":"bob","amount":3}; sends #1 MONEY {"amount":3} to bob   [ann->bob #1]
      2  │    ◆    bob begins snapshot 1; records its state; markers to ann; records ann->bob from here on   [ann->bob #1, bob->ann ⟨1⟩]
      3  ●    │    ann takes PAY {"to":"bob","amount":4}; sends #2 MONEY {"amount":4} to bob   [ann->bob #1 #2, bob->ann ⟨1⟩]
      4  │    ●    bob receives #1 MONEY {"amount":3} from ann   [ann->bob #2, bob->ann ⟨1⟩]
      5  │    ●    bob receives #2 MONEY {"amount":4} from ann   [bob->ann ⟨1⟩]
      6  ◆    │    ann receives marker 1 from bob; records its state; markers to bob; has all of bob->ann   [ann->bob ⟨1⟩]
      7  │    ◇    bob receives marker 1 from ann; has all of ann->bob
      8  │    │    snapshot 1 is complete, 2 message(s) in flight in it
      "
    `);
  });

  it('tells of a snapshot that is given up, and of time where there is some', () => {
    const clock = createSimulatedClock();
    const timed = setup({}).createMachine({ initial: 'a', states: { a: { after: { 50: 'b' } }, b: {} } });
    const network = createNetwork(
      { processes: { p: timed, q: timed }, channels: fullMesh(['p', 'q']) },
      { clock, schedule: createManualSchedule() },
    );
    const trace: TraceEvent[] = [];
    network.trace$.subscribe((event) => trace.push(event));
    network.start();
    void network.takeSnapshot({ initiators: ['p'], timeoutMs: 100 }).catch(() => undefined);
    clock.increment(200);
    expect(`\n${tellStory(trace)}\n`).toMatchInlineSnapshot(`
      "
               p  q
      1   0 ms  ◆  │  p begins snapshot 1; records its state; markers to q; records q->p from here on   [p->q ⟨1⟩]
      2  50 ms  ●  │  p has its timer: xstate.after.50.(machine).a   [p->q ⟨1⟩]
      3  50 ms  │  ●  q has its timer: xstate.after.50.(machine).a   [p->q ⟨1⟩]
      4 100 ms  │  │  Snapshot 1 was given up: \`timeoutMs\` of 100 ms ran out. Then 2 channel(s) were still recording: q->p, p->q. The application was not disturbed; take another.   [p->q ⟨1⟩]
      "
    `);
    network.stop();
  });

  it('shows names and payloads as text: nothing in them acts on a terminal or begins a line', () => {
    const { network, trace } = bank();
    network.send('ann', { type: '\u001b[2Jevil\n1 ● bob', note: '\u001b[31m' } as never);
    const story = tellStory(trace);
    expect(story).not.toContain('\u001b');
    expect(story.split('\n')).toHaveLength(2);
  });

  it('keeps to the last lines when it is long', () => {
    const { network, trace } = bank();
    for (let n = 0; n < 30; n++) network.send('ann', { type: 'PAY', to: 'bob', amount: 1 });
    const lines = tellStory(trace, { maxLines: 5 }).split('\n');
    expect(lines).toHaveLength(7);
    expect(lines[1]).toContain('25 line(s) before');
    expect(lines.at(-1)).toMatch(/^30 /);
  });
});
