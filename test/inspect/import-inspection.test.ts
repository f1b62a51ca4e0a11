/** Runs of XState apps that know nothing of us, from their inspection events. */
import { assign, createActor, sendTo, setup } from 'xstate';
import { describe, expect, it } from 'vitest';
import { toSequenceDiagram, toShiviz, toSvg } from '../../src/inspect/exports/index.js';
import { parseRun, serializeRun } from '../../src/inspect/files.js';
import { isInspection, parseInspection, recordInspection } from '../../src/inspect/import-inspection.js';
import { runOf } from '../../src/inspect/run/index.js';

const kitchen = setup({ types: { events: {} as { type: 'ORDER'; dish: string } } }).createMachine({
  initial: 'free',
  states: {
    free: { on: { ORDER: 'cooking' } },
    cooking: { after: { 5: { target: 'free', actions: sendTo(({ self }) => self._parent!, { type: 'READY' }) } } },
  },
});
const waiter = setup({
  types: { context: {} as { served: number; pin: string }, events: {} as { type: 'GUEST' } | { type: 'READY' } },
  actors: { kitchen },
}).createMachine({
  id: 'waiter',
  context: { served: 0, pin: '1234' },
  invoke: { id: 'kitchen', src: 'kitchen' },
  on: {
    GUEST: { actions: sendTo('kitchen', { type: 'ORDER', dish: 'soup' }) },
    READY: { actions: assign({ served: ({ context }) => context.served + 1 }) },
  },
});

/** The lines that an app's `inspect` callback wrote. */
async function linesOfApp(): Promise<string> {
  const lines: string[] = [];
  const actor = createActor(waiter, {
    id: 'waiter',
    inspect: (event) => {
      const record = recordInspection(event, (key, value) => (key === 'pin' ? '*' : value));
      if (record !== undefined) lines.push(JSON.stringify(record));
    },
  });
  actor.start();
  actor.send({ type: 'GUEST' });
  await expect.poll(() => actor.getSnapshot().context.served).toBe(1);
  actor.stop();
  return lines.join('\n');
}

describe('inspection events of any app', () => {
  it('become a run: actors are processes, what they send each other are messages', async () => {
    const text = await linesOfApp();
    expect(isInspection(text)).toBe(true);
    expect(isInspection('{"format":"xstate-panorama run","version":1}\n')).toBe(false);
    expect(text).not.toContain('1234');
    const events = parseInspection(text);
    expect(parseRun(serializeRun(events))).toEqual(events); // a run as any other: the page and the exporters take it
    const run = runOf(events);
    expect(run.network.processes.map(({ id, chart }) => [id, chart?.states.map(({ key }) => key)])).toEqual([
      ['waiter', []],
      ['kitchen', ['free', 'cooking']],
    ]);
    const messages = run.steps.flatMap(({ received }) => (received?.kind === 'message' ? [received] : []));
    expect(messages.map(({ channel, seq, event }) => [channel, seq, event!.type])).toEqual([
      ['waiter->kitchen', 1, 'ORDER'],
      ['kitchen->waiter', 1, 'READY'],
    ]);
    expect(messages.every(({ sent }) => sent !== undefined)).toBe(true);
    expect(run.state.processes.get('waiter')).toMatchObject({ status: 'stopped', context: { served: 1, pin: '*' } });
    expect(toSvg(run)).toContain('READY');
    expect(toShiviz(run)).toContain('kitchen');
    expect(toSequenceDiagram(run)).toContain('ORDER');
  });

  it('as @statelyai/inspect writes them', () => {
    const common = { _version: '0.7.2', createdAt: '1700000000000', rootId: 'x:0', id: null };
    const records = [
      {
        ...common,
        type: '@xstate.actor',
        name: 'a',
        sessionId: 'x:0',
        definition: '{"initial":"s","states":{"s":{}}}',
      },
      { ...common, type: '@xstate.actor', name: 'a', sessionId: 'x:1', definition: '{"cut off' },
      { ...common, type: '@xstate.event', sessionId: 'x:1', sourceId: 'x:0', event: { type: 'HI' } },
      {
        ...common,
        type: '@xstate.snapshot',
        sessionId: 'x:1',
        event: { type: 'HI' },
        snapshot: { status: 'active', value: 's', context: {}, children: { c: { xstate$$type: 1, id: 'c' } } },
      },
      { ...common, type: '@xstate.microstep', sessionId: 'x:1' },
    ];
    const run = runOf(parseInspection(records.map((record) => `${JSON.stringify(record)}\r\n`).join('\n')));
    expect(run.network.processes.map(({ id }) => id)).toEqual(['a (x:0)', 'a (x:1)']); // two of one name
    expect(run.network.channels).toEqual([{ id: 'a (x:0)->a (x:1)', from: 'a (x:0)', to: 'a (x:1)' }]);
    expect(run.state.processes.get('a (x:1)')).toMatchObject({ value: 's' });
  });

  it('says which line is none', () => {
    const line = '{"type":"@xstate.event","sessionId":"x:0","event":{"type":"A"}}';
    expect(() => parseInspection(`${line}\n{`)).toThrow(/an inspection event as JSON \(line 2\)/);
    expect(() => parseInspection('{"type":"other"}')).toThrow(/XState inspection event \(line 1\)/);
    expect(() => parseInspection('{"type":"@xstate.event"}')).toThrow(/`sessionId` to be text/);
    expect(() => parseInspection('{"type":"@xstate.event","sessionId":"x:0"}')).toThrow(/`event` to have a type/);
    expect(() => parseInspection('{"type":"@xstate.actor","sessionId":"x:0","name":{}}')).toThrow(/to be text/);
  });
});
