/** Scenes: panoramas of a snapshot and of somebody who walks; and verdicts with what they point at. */
import { assign, enqueueActions, setup, type AnyActorRef } from 'xstate';
import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';
import { createManualSchedule, createNetwork, fullMesh } from '../../src/index.js';
import {
  createInspector,
  parseScene,
  type InspectorEvent,
  type InspectorOptions,
  type Scene,
} from '../../src/inspect/index.js';
import { parseRun, serializeRun } from '../../src/inspect/files.js';
import { runOf } from '../../src/inspect/run/index.js';
import { countThings, idsIn, panoramaAt, panoramaOf, walkedPanorama } from '../../src/inspect/run/panorama.js';
import { witnessOf } from '../../src/inspect/run/witness.js';
import { deadlocked } from '../../src/detect/index.js';

beforeEach(() => void vi.useFakeTimers());
afterEach(() => void vi.useRealTimers());

interface Bird {
  readonly id: string;
  readonly x: number;
  readonly y: number;
}

const panel = setup({
  types: {
    context: {} as { birds: readonly Bird[] },
    input: {} as { birds: readonly Bird[] },
    events: {} as { type: 'FLY'; to: string } | { type: 'BIRD'; bird: Bird },
  },
}).createMachine({
  context: ({ input }) => input,
  on: {
    FLY: {
      actions: enqueueActions(({ context, event, enqueue, system }) => {
        const [bird, ...birds] = context.birds;
        enqueue.assign({ birds });
        enqueue.sendTo(system.get(event.to) as AnyActorRef, () => ({ type: 'BIRD', bird: bird! }));
      }),
    },
    BIRD: { actions: assign({ birds: ({ context, event }) => [...context.birds, event.bird] }) },
  },
});

const scene: Scene = {
  places: { west: { column: 0, row: 0 }, mid: { column: 1, row: 0 }, east: { column: 2, row: 0 } },
  panel: { width: 10, height: 5 },
  things: 'birds',
  inMessage: 'bird',
  look: 'bird',
  walkMs: 100,
};
const bird = (id: string): Bird => ({ id, x: 1, y: 2 });

function watchSky(options: InspectorOptions = { scene }) {
  const schedule = createManualSchedule();
  const network = createNetwork(
    {
      processes: {
        west: { logic: panel, input: { birds: [bird('a')] } },
        mid: { logic: panel, input: { birds: [] } },
        east: { logic: panel, input: { birds: [bird('z')] } },
      },
      channels: fullMesh(['west', 'mid', 'east']),
    },
    { schedule },
  );
  const inspector = createInspector(options);
  inspector.watch(network);
  const events: InspectorEvent[] = [];
  inspector.connect({ receive: (more) => void events.push(...more) });
  network.start();
  return { network, schedule, events };
}

async function deliverAll({ schedule }: ReturnType<typeof watchSky>): Promise<void> {
  while (schedule.pending().size > 0) schedule.deliver([...schedule.pending().keys()][0]!);
  await vi.advanceTimersByTimeAsync(50);
}

describe('a scene', () => {
  it('one who walks sees a bird twice and misses one, in the same run in which the snapshot has each once', async () => {
    const sky = watchSky();
    const { network, schedule, events } = sky;
    await vi.advanceTimersByTimeAsync(10);
    const taking = network.takeSnapshot({ initiators: ['west'] }); // the walker looks at west: a
    await vi.advanceTimersByTimeAsync(50);
    network.send('west', { type: 'FLY', to: 'east' });
    network.send('east', { type: 'FLY', to: 'west' }); // z flies where the walker has been
    await vi.advanceTimersByTimeAsync(100); // the walker looks at mid: nothing
    schedule.deliver('west->east'); // the marker
    schedule.deliver('west->east'); // a
    await vi.advanceTimersByTimeAsync(100); // the walker looks at east: a again
    await deliverAll(sky);
    network.send('mid', { type: 'BIRD', bird: bird('late') }); // comes when the walk is over
    await deliverAll(sky);
    const run = runOf(parseRun(serializeRun(events))); // a file has it, too
    const { id } = await taking;
    const whole = panoramaOf(run, run.network.scene!, run.snapshots.get(id)!.snapshot!);
    expect(idsIn(whole).sort()).toEqual(['a', 'z']);
    expect(whole.crossings).toEqual([{ from: 'east', to: 'west', thing: bird('z') }]);
    expect(countThings(whole, ['a', 'z'])).toEqual({ missing: [], doubled: [] });
    const walked = walkedPanorama(run, scene, run.snapshots.get(id)!);
    expect([...walked.panels.keys()]).toEqual(['west', 'mid', 'east']);
    expect(countThings(walked, idsIn(whole))).toEqual({ missing: ['z'], doubled: ['a'] });
    expect(idsIn(panoramaAt(run, scene, run.lastIndex)).sort()).toEqual(['a', 'late', 'z']);
  });

  it('draws what is a thing, and passes over whatever else a context holds', () => {
    const run = runOf([
      {
        ...{ type: 'network.described', n: 0, time: 0, version: 1, channels: [], abilities: [], scene },
        processes: [{ id: 'west' }],
      },
      {
        ...{ type: 'network.captured', n: 1, time: 0, channels: {} },
        processes: {
          west: {
            status: 'active',
            context: { birds: [null, 7, {}, { id: 'nan', x: NaN, y: 0 }, bird('a'), { id: 8, x: 0, y: 0 }] },
          },
        },
      },
    ]);
    expect(idsIn(panoramaAt(run, scene, 0))).toEqual(['a', '8']);
  });

  it('says what is wrong with one', () => {
    expect(parseScene(scene)).toBe(scene);
    const wrong = (part: object) => () => parseScene({ ...scene, ...part });
    expect(wrong({ places: {} })).toThrow(/`places` by process: \{ column, row \}/);
    expect(wrong({ places: { a: { column: 1e9, row: 0 } } })).toThrow(/`places`/);
    expect(wrong({ panel: { width: 0, height: 1 } })).toThrow(/`panel`/);
    expect(wrong({ things: 1 })).toThrow(/`things` and `inMessage`/);
    expect(wrong({ look: 'fish' })).toThrow(/`look` dot or bird/);
    expect(wrong({ walkMs: -1 })).toThrow(/`walkMs` > 0/);
    expect(() => parseScene(undefined)).toThrow(/Expected a scene with/);
  });
});

it('the properties that hold are told with each snapshot, with what they point at; one that throws says so', async () => {
  const stableProperties = {
    holds: () => ({
      processes: ['west', 7],
      edges: [{ from: 'west', to: 'east' }, null],
      messages: [{ channel: 'a->b', seq: 3 }],
    }),
    fails: () => false,
    throws: () => {
      throw new Error('no');
    },
  };
  const sky = watchSky({ stableProperties });
  const taking = sky.network.takeSnapshot({});
  await deliverAll(sky);
  const { verdicts } = runOf(parseRun(serializeRun(sky.events))).snapshots.get((await taking).id)!;
  expect(verdicts.map(({ property, error }) => [property, error])).toEqual([
    ['holds', undefined],
    ['throws', 'Error: no'],
  ]);
  expect(witnessOf(verdicts)).toEqual({
    processes: new Set(['west']),
    atRest: new Set(),
    edges: new Set(['west->east']),
    messages: new Set(['a->b 3']),
  });
});

it('a deadlock’s own witness is one', async () => {
  const waiting = (whom: string) =>
    setup({}).createMachine({ initial: 'stuck', states: { stuck: { tags: `waits-for:${whom}` } } });
  const processes = { a: waiting('b'), b: waiting('a'), c: waiting('a') };
  const network = createNetwork({ processes, channels: fullMesh(['a', 'b', 'c']) });
  const inspector = createInspector({ stableProperties: { deadlocked: deadlocked(processes) } });
  inspector.watch(network);
  const events: InspectorEvent[] = [];
  inspector.connect({ receive: (more) => void events.push(...more) });
  network.start();
  const taking = network.takeSnapshot({});
  await vi.advanceTimersByTimeAsync(100);
  const { verdicts } = runOf(events).snapshots.get((await taking).id)!;
  expect(witnessOf(verdicts)).toMatchObject({ processes: new Set(['a', 'b']), edges: new Set(['a->b', 'b->a']) });
  network.stop();
});
