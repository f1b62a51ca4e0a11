/** The stream of the inspector protocol, and the run that is put together from it. */
import { assign, createMachine, setup, spawnChild, type AnyActorRef } from 'xstate';
import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';
import { createManualSchedule, createNetwork, fullMesh, verifySnapshot, type GlobalSnapshot } from '../../src/index.js';
import { laiYang } from '../../src/snapshot/algorithms/index.js';
import { describeChart } from '../../src/inspect/chart.js';
import { createInspector, type InspectorEvent } from '../../src/inspect/index.js';
import { toSequenceDiagram, toShiviz, toStateDiagram, toSvg } from '../../src/inspect/exports/index.js';
import { parseRun, serializeRun } from '../../src/inspect/files.js';
import {
  coneOf,
  cutAt,
  cutOfSnapshot,
  judgeCut,
  placeInCone,
  runOf,
  stepsIn,
  sumFields,
} from '../../src/inspect/run/index.js';
import { describeStep } from '../../src/inspect/run/describe-step.js';
import { Run } from '../../src/inspect/run/run.js';
import { createRandom } from '../../src/schedule/random.js';
import { captureState } from '../../src/testing/index.js';
import { account } from '../support/account.js';
import { inspectedBank } from '../support/inspected.js';
import { deliverAll } from '../support/network.js';

beforeEach(() => void vi.useFakeTimers());
afterEach(() => void vi.useRealTimers());

/** Lets viewers be told everything. */
const tell = () => vi.advanceTimersByTimeAsync(1000);

/** A run of random payments and overlapping snapshots. */
async function randomRun(seed: number) {
  const bank = inspectedBank();
  const { network, schedule, pay, events } = bank;
  const random = createRandom(seed);
  const pick = <T>(items: readonly T[]) => random.pick(items);
  const ids = Object.keys(network.processes);
  const taking: Promise<GlobalSnapshot>[] = [];
  network.start();
  for (let n = 0; n < 150; n++) {
    const dice = random.next();
    if (dice < 0.3) {
      const [from, to] = [pick(ids), pick(ids)];
      if (from !== to) pay(from, to, 1);
    } else if (dice < 0.34) taking.push(network.takeSnapshot({ initiators: [pick(ids)] }));
    else if (schedule.pending().size > 0) schedule.deliver(pick([...schedule.pending().keys()]));
  }
  deliverAll(schedule);
  await tell();
  return { ...bank, run: runOf(events), snapshots: await Promise.all(taking) };
}

describe('the stream', () => {
  it('is plain data, numbered in the order in which things happened', async () => {
    const { events } = await randomRun(1);
    expect(structuredClone(events)).toEqual(events);
    expect(events.map(({ n }) => n)).toEqual(events.map(({ n }) => n).sort((a, b) => a - b));
    expect(events[0]).toMatchObject({ type: 'network.described', version: 1, abilities: ['snapshot'] });
    expect(events[0]).toMatchObject({ processes: [{ id: 'alice', chart: { key: 'account' } }, {}, {}] });
  });

  it('goes on file and comes back, and a file that nobody wrote is refused by its line', async () => {
    const { events } = await randomRun(2);
    const text = serializeRun(events);
    expect(parseRun(text)).toEqual(events);
    const line = text.split('\n')[1]!;
    expect(() => parseRun(text.replace(line, line.slice(0, -1)))).toThrow(/line 2/);
    expect(() => parseRun('{}\n')).toThrow(/begins with/);
    const forged = [{ ...events[0], processes: 'all of them' }] as unknown as InspectorEvent[];
    expect(() => parseRun(serializeRun(forged))).toThrow(/`processes` of "network.described"/);
    const unknown = [{ ...events[0], type: '<img onerror=alert(1)>' }] as unknown as InspectorEvent[];
    expect(() => parseRun(serializeRun(unknown))).toThrow(/an event of the protocol/);
  });

  it('carries what means nothing elsewhere as text, and asks `redact` of everything first', async () => {
    const child = createMachine({ context: { secret: 'c' } });
    class Money {
      amount = 3;
    }
    const machine = setup({ actors: { child } }).createMachine({
      context: {
        secret: 'abc',
        when: new Date(5),
        money: new Money(),
        ref: undefined as AnyActorRef | undefined,
        log: () => 1,
      },
      entry: [spawnChild('child', { id: 'kid' }), assign({ ref: ({ self }) => self as AnyActorRef })],
    });
    const network = createNetwork({ processes: { p: machine }, channels: [] });
    const inspector = createInspector({ redact: (key, value) => (key === 'secret' ? '***' : value) });
    inspector.watch(network);
    const events: InspectorEvent[] = [];
    inspector.connect({ receive: (more) => void events.push(...more) });
    network.start();
    await tell();
    expect(structuredClone(events)).toEqual(events);
    const { state } = events.find((event) => event.type === 'step.ended')!;
    expect(state.context).toEqual({
      ...{ secret: '***', when: new Date(5), money: { $class: 'Money', amount: 3 } },
      ...{ ref: { $actor: 'p' }, log: 'ƒ log' },
    });
    expect(state.children).toMatchObject({ kid: { context: { secret: '***' } } });
    network.stop();
  });

  it('without a viewer watches nothing; with a history keeps that much for those who come', async () => {
    for (const [history, expected] of [
      [0, false],
      [10, true],
    ] as const) {
      const { network, connection, inspector, pay } = inspectedBank({ history });
      connection.close();
      const { isWatched } = (network as unknown as { trace: { isWatched: boolean } }).trace;
      expect(isWatched).toBe(expected);
      network.start();
      for (let n = 0; n < 20; n++) pay('alice', 'bob', 1);
      const events: InspectorEvent[] = [];
      inspector.connect({ receive: (more) => void events.push(...more) });
      await tell();
      expect(events.map(({ type }) => type).slice(0, 2)).toEqual([
        'network.described',
        expected ? 'events.skipped' : 'network.captured',
      ]);
      expect(events.length).toBeLessThanOrEqual(16);
    }
  });

  it('a viewer that comes late, or is too slow, gets the state of the moment, from which its run goes on', async () => {
    const { network, schedule, inspector, pay } = inspectedBank();
    network.start();
    pay('alice', 'bob', 5);
    const late: InspectorEvent[] = [];
    const slow: InspectorEvent[] = [];
    inspector.connect({ receive: (more) => void late.push(...more) });
    let takeMore = () => undefined as void;
    inspector.connect({
      receive: (more) => {
        slow.push(...more);
        return new Promise((resolve) => (takeMore = resolve));
      },
    });
    await tell();
    for (let n = 0; n < 20_000; n++) {
      pay('bob', 'carol', 1);
      schedule.deliver('bob->carol');
      pay('carol', 'bob', 1);
      schedule.deliver('carol->bob');
      if (n % 100 === 0) await tell();
    }
    takeMore();
    await tell();
    takeMore();
    await tell();
    expect(slow.length).toBeLessThan(30_000);
    expect(slow.some(({ type }) => type === 'events.skipped')).toBe(true);
    schedule.deliver('alice->bob');
    takeMore();
    await tell();
    const truth = captureState(network);
    for (const events of [late, slow]) {
      const run = new Run(500);
      for (const event of events) run.add(event);
      expect(run.state.processes.get('bob')!.context).toEqual(
        (truth.processes.bob!.snapshot as never as { context: unknown }).context,
      );
      expect([...run.inFlight.values()].flat()).toEqual([]);
      expect(run.steps.length).toBeLessThanOrEqual(600);
      expect(run.stateAt(run.firstIndex).processes.size).toBe(3);
    }
  });

  it('a viewer that throws is let go, and harms nobody', async () => {
    const { network, inspector, events } = inspectedBank();
    inspector.connect({
      receive: () => {
        throw new Error('hostile');
      },
    });
    network.start();
    await tell();
    expect(events.filter(({ type }) => type === 'step.ended')).toHaveLength(3);
  });

  it('refuses commands by telling the viewer who gave them', async () => {
    const { network, connection, events } = inspectedBank();
    network.start();
    connection.command({ type: 'network.restart' });
    connection.command({ type: 'snapshot.take', initiators: ['nobody'] });
    connection.command({ type: 'snapshot.take', initiators: ['alice', 'carol'] });
    await tell();
    const failures = events.flatMap((event) => (event.type === 'command.failed' ? [event.message] : []));
    expect(failures).toMatchObject([/network.restart/, /nobody/]);
    expect(events.find(({ type }) => type === 'snapshot.begun')).toMatchObject({ initiators: ['alice', 'carol'] });
  });
});

describe('the run', () => {
  it.each([1, 2, 3, 4, 5, 6])(
    'knows each snapshot’s cut, and what crosses it, as the snapshot has it (seed %i)',
    async (seed) => {
      const { run, snapshots } = await randomRun(seed);
      expect(snapshots.length).toBeGreaterThan(0);
      for (const snapshot of snapshots) {
        const cut = cutOfSnapshot(run, run.snapshots.get(snapshot.id)!)!;
        const { isConsistent, inFlight } = judgeCut(run, cut);
        expect(isConsistent).toBe(verifySnapshot(snapshot).consistent);
        const byChannel = Object.keys(snapshot.channels).map((id) => [
          id,
          { messages: inFlight.filter(({ channel }) => channel === id).map(({ seq, event }) => ({ seq, event })) },
        ]);
        expect(Object.fromEntries(byChannel)).toEqual(snapshot.channels);
        for (const [id, state] of Object.entries(snapshot.processes)) {
          const received = stepsIn(run, cut, id).filter(({ received }) => received?.kind === 'message').length;
          expect(received).toBe(Object.values(state.received).reduce((sum, { count }) => sum + count, 0));
        }
      }
    },
  );

  it('names the message that breaks a cut, and only a cut that a message breaks is inconsistent', async () => {
    const { run } = await randomRun(7);
    const broken = run.steps.find(({ received }) => received?.kind === 'message')!.received!;
    const cut = new Map(cutAt(run, broken.received!.index)).set(broken.from, broken.sent!.local);
    const verdict = judgeCut(run, cut);
    expect(verdict.isConsistent).toBe(false);
    expect(verdict.violations).toContain(broken);
    for (const { index } of run.steps) expect(judgeCut(run, cutAt(run, index)).isConsistent).toBe(true);
  });

  it('knows the state at each step of its past, forgotten steps or not', async () => {
    const { events } = await randomRun(8);
    const [whole, short] = [runOf(events), new Run(50)];
    for (const event of events) short.add(event);
    const live = runOf([]);
    const seen: unknown[] = [];
    for (const event of events) {
      const last = live.lastIndex;
      const before = live.stateAt(last);
      live.add(event);
      if (live.lastIndex > last) seen[last] = before;
    }
    for (let index = 0; index < whole.lastIndex; index++) {
      expect(whole.stateAt(index)).toEqual(seen[index]);
      if (index >= short.firstIndex) expect(short.stateAt(index)).toEqual(seen[index]);
      const queued = [...whole.stateAt(index).channels.values()].reduce((sum, channel) => sum + channel.queued, 0);
      expect(whole.inFlightAt(index)).toHaveLength(queued);
    }
    expect(short.firstIndex).toBeGreaterThan(50);
  });

  it('draws the cone of happened-before: vector clocks say the same', async () => {
    const { run } = await randomRun(9);
    const clocks = parseShiviz(toShiviz(run)).map(({ clock }) => clock);
    const isBefore = (a: number, b: number) =>
      a !== b && Object.entries(clocks[a]!).every(([host, count]) => count <= (clocks[b]![host] ?? 0));
    for (const at of [10, 40, 70]) {
      const cone = coneOf(run, run.step(at)!);
      for (const other of run.steps) {
        if (other.index === at) continue;
        const expected = isBefore(other.index, at) ? 'past' : isBefore(at, other.index) ? 'future' : 'concurrent';
        expect([other.index, placeInCone(cone, other)]).toEqual([other.index, expected]);
      }
    }
  });
});

describe('a rollback', () => {
  /** Two payments are under way at the checkpoint, of which one arrives; a third is sent after it. */
  async function rolledBackRun() {
    const bank = inspectedBank();
    const { network, schedule, pay, events } = bank;
    network.start();
    pay('alice', 'bob', 1);
    pay('alice', 'bob', 2);
    const checkpoint = captureState(network);
    schedule.deliver('alice->bob');
    pay('carol', 'bob', 3);
    await network.rollBack(checkpoint);
    await tell();
    const before = runOf(events).lastIndex;
    for (let n = 0; n < 2; n++) schedule.deliver('alice->bob');
    await tell();
    return { ...bank, run: runOf(events), checkpoint, before };
  }

  it('is a step of every process; what was under way is lost there, and what the checkpoint has is under way again', async () => {
    const { run, checkpoint, before } = await rolledBackRun();
    const [rollback] = run.rollbacks;
    expect(run.rollbacks).toHaveLength(1);
    expect(rollback).toMatchObject({ epoch: 1, snapshotId: checkpoint.id });
    expect([...rollback!.steps.keys()]).toEqual(['alice', 'bob', 'carol']);
    const last = run.step(before)!;
    expect(rollback!.steps.get(last.process)).toBe(last); // with its stop and its start: nothing comes after
    expect(run.steps.filter(({ kind }) => kind === 'stopped')).toEqual([]);
    expect(describeStep(rollback!.steps.get('alice')!)).toMatch(
      /^goes back to snapshot \w+, with MONEY #1 to bob under way again, with MONEY #2/,
    );
    // One of the two was received before the rollback, and again after it; the other was dropped, and received after it.
    const sent = run.steps.flatMap((step) => step.sent);
    expect(sent.map(({ channel, seq, received, lostAt }) => [channel, seq, received !== undefined, lostAt])).toEqual([
      ['alice->bob', 1, true, undefined],
      ['alice->bob', 2, false, rollback!.steps.get('bob')!.index],
      ['carol->bob', 1, false, rollback!.steps.get('bob')!.index],
      ['alice->bob', 1, true, undefined],
      ['alice->bob', 2, true, undefined],
    ]);
    expect(run.stateAt(before).processes.get('bob')!.context).toEqual({ balance: 100 });
    expect(run.inFlightAt(before).map(({ seq }) => seq)).toEqual([1, 2]);
    expect([...run.inFlight.values()].flat()).toEqual([]);
    for (const { index } of run.steps) {
      const { isConsistent, inFlight } = judgeCut(run, cutAt(run, index));
      expect([index, isConsistent]).toEqual([index, true]);
      expect(new Set(inFlight)).toEqual(new Set(run.inFlightAt(index)));
    }
  });

  it('goes on file and comes back, and shows in the exports', async () => {
    const { events, run } = await rolledBackRun();
    const again = runOf(parseRun(serializeRun(events)));
    expect(again.rollbacks.map(({ epoch, steps }) => [epoch, steps.size])).toEqual([[1, 3]]);
    expect(toSvg(run).match(/class="rollback"/g)).toHaveLength(1);
    expect(toSvg(run).match(/class="lost"/g)).toHaveLength(2);
    expect(toSequenceDiagram(run)).toMatch(/Note over p0,p2: goes back to snapshot/);
    expect(toSequenceDiagram(run)).toMatch(/p0-xp1: MONEY #35;2 \(dropped\)/);
    const bad = [events[0], { type: 'network.rolled-back', n: 1, time: 0, epoch: 'x' }] as unknown as InspectorEvent[];
    expect(() => parseRun(serializeRun(bad))).toThrow(/`epoch` of "network.rolled-back"/);
  });
});

describe('without order', () => {
  it('a message that another has overtaken is known, and so are control messages, which are no markers', async () => {
    const schedule = createManualSchedule();
    const network = createNetwork(
      {
        processes: {
          alice: { logic: account, input: { balance: 10 } },
          bob: { logic: account, input: { balance: 0 } },
        },
        channels: fullMesh(['alice', 'bob'], { fifo: false }),
      },
      { schedule, algorithm: laiYang },
    );
    const inspector = createInspector();
    inspector.watch(network);
    const events: InspectorEvent[] = [];
    inspector.connect({ receive: (more) => void events.push(...more) });
    network.start();
    for (const amount of [1, 2, 3]) network.send('alice', { type: 'PAY', to: 'bob', amount });
    schedule.deliver('alice->bob', 2);
    schedule.deliver('alice->bob', 0);
    const taking = network.takeSnapshot({ initiators: ['bob'] });
    deliverAll(schedule);
    const { id } = await taking;
    await tell();
    const run = runOf(events);
    const sent = run.steps.flatMap((step) => step.sent);
    const messages = sent.filter(({ kind }) => kind === 'message');
    expect(messages.map(({ seq, isOvertaken }) => [seq, isOvertaken])).toEqual([
      [1, true],
      [2, true],
      [3, false],
    ]);
    expect(describeStep(messages[0]!.received!)).toBe('receives MONEY #1 from alice, overtaken by a later one');
    const others = sent.filter(({ kind }) => kind !== 'message');
    expect(new Set(others.map(({ kind }) => kind))).toEqual(new Set(['control']));
    expect(others.map(({ channel }) => channel).sort()).toEqual(['alice->bob', 'bob->alice']);
    expect([...run.snapshots.get(id)!.recorded.keys()].sort()).toEqual(['alice', 'bob']);
    const svg = toSvg(run);
    expect(svg).toContain('class="control"');
    expect(svg).not.toContain('class="marker"');
    expect(svg.match(/class="overtaken"/g)).toHaveLength(2);
  });
});

describe('exports', () => {
  it('ShiViz reads the log: each host counts itself up by one, from 1', async () => {
    const { run } = await randomRun(3);
    const counts = new Map<string, number>();
    const entries = parseShiviz(toShiviz(run));
    expect(entries).toHaveLength(run.steps.length);
    for (const { host, clock } of entries) {
      expect(clock[host]).toBe((counts.get(host) ?? 0) + 1);
      counts.set(host, clock[host]!);
    }
  });

  it('Mermaid: one arrow a receipt, whatever the names are', async () => {
    const ids = ['a;b', 'c - d', 'participant'];
    const { network, schedule, pay, events } = inspectedBank({}, ids);
    network.start();
    pay(ids[0]!, ids[1]!, 1);
    pay(ids[1]!, ids[2]!, 1);
    schedule.deliver(`${ids[0]!}->${ids[1]!}`);
    await tell();
    expect(toSequenceDiagram(runOf(events))).toBe(
      [
        'sequenceDiagram',
        '  participant p0 as a#59;b',
        '  participant p1 as c - d',
        '  participant p2 as participant',
        '  p0->>p1: MONEY #35;1',
        '  p1--)p2: MONEY #35;1 (in flight)',
        '',
      ].join('\n'),
    );
  });

  it('SVG: of a part of a run, nothing is drawn beside the picture', async () => {
    const { run } = await randomRun(3);
    const svg = toSvg(run, { from: 40, steps: 20 });
    const width = Number(/width="([\d.]+)"/.exec(svg)![1]);
    const xs = Array.from(svg.matchAll(/[ML]([-\d.]+) /g), ([, x]) => Number(x));
    expect(xs.length).toBeGreaterThan(20);
    for (const x of xs) expect(Math.abs(x - width / 2)).toBeLessThan(width / 2 + 30);
    expect(svg).toContain('class="step message"');
  });

  it('sums pass over what holds itself, and a zero is a zero', () => {
    const context: Record<string, unknown> = { coins: 2, debt: -0 };
    context.self = context;
    const snapshot = { processes: { a: { snapshot: { context } } }, channels: {} } as unknown as GlobalSnapshot;
    expect(sumFields(snapshot)).toEqual([
      { where: 'state', field: 'coins', sum: 2, count: 1 },
      { where: 'state', field: 'debt', sum: 0, count: 1 },
    ]);
  });

  it('a chart is drawn of whatever XState runs: it passes over the initial state of a parallel one', () => {
    const machine = createMachine({ id: 'odd', type: 'parallel', initial: 'none', states: { left: {}, right: {} } });
    const chart = describeChart(machine)!;
    expect([chart.type, chart.initial, chart.states.map(({ key }) => key)]).toEqual([
      'parallel',
      undefined,
      ['left', 'right'],
    ]);
  });

  it('Mermaid: a machine with its states, regions and transitions', async () => {
    const machine = setup({ guards: { late: () => true } }).createMachine({
      id: 'm',
      type: 'parallel',
      states: {
        a: { initial: 'on', states: { on: { after: { 50: 'off' } }, off: { type: 'final' } } },
        b: { initial: 'x', states: { x: { on: { GO: { guard: 'late', target: 'y' } } }, y: { always: 'x' } } },
      },
    });
    const network = createNetwork({ processes: { p: machine }, channels: [] }, { schedule: createManualSchedule() });
    const inspector = createInspector();
    inspector.watch(network);
    const events: InspectorEvent[] = [];
    inspector.connect({ receive: (more) => void events.push(...more) });
    await tell();
    const { chart } = runOf(events).network.processes[0]!;
    expect(toStateDiagram(chart!)).toBe(
      [
        'stateDiagram-v2',
        ...['  state "m" as s0', '  state s0 {', '    state "a" as s1', '    state s1 {', '      [*] --> s2'],
        ...['      state "on" as s2', '      state "off" as s3', '      s3 --> [*]', '    }', '    --'],
        ...[
          '    state "b" as s4',
          '    state s4 {',
          '      [*] --> s5',
          '      state "x" as s5',
          '      state "y" as s6',
        ],
        ...['    }', '  }', '  s2 --> s3: after 50 ms', '  s5 --> s6: GO [late]', '  s6 --> s5', ''],
      ].join('\n'),
    );
  });
});

/** As ShiViz does: by the expression on the log's first line. */
function parseShiviz(log: string) {
  const [parser, , ...rest] = log.split('\n');
  return [...rest.join('\n').matchAll(new RegExp(parser!, 'g'))].map(({ groups }) => ({
    host: groups!.host!,
    clock: JSON.parse(groups!.clock!) as Record<string, number>,
  }));
}
