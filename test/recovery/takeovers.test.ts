/** Lives that take one log of inputs over from each other, step by step, in every order, stopped for good at every step. */
import { fork, type ChildProcess } from 'node:child_process';
import { once } from 'node:events';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { afterEach, describe, expect, it, vi } from 'vitest';
import { isPanoramaError } from '../../src/index.js';
import { createFileInputStore } from '../../src/recovery/file-input-store.js';
import type { LoggedInput } from '../../src/recovery/index.js';
import type { SegmentFiles } from '../../src/recovery/segment-files.js';
import { SegmentedLog } from '../../src/recovery/segmented-log.js';
import { MemoryDisk } from '../support/memory-disk.js';

/** What a life knows: the log as it took it over, and what it was told to be safe. */
class Knowledge {
  taken: readonly LoggedInput[] | undefined;
  readonly safe: LoggedInput[] = [];
  trimmed = 0;
  isSuperseded = false;
  isOver = false;
}

type Life = (files: SegmentFiles, knowledge: Knowledge) => Promise<void>;

async function takeOver(files: SegmentFiles, knowledge: Knowledge): Promise<SegmentedLog> {
  const log = await SegmentedLog.takeOver(files);
  knowledge.taken = [...log.all];
  return log;
}

async function append(log: SegmentedLog, knowledge: Knowledge, ...types: string[]): Promise<void> {
  const last = await log.append(types.map((type) => ({ type })));
  types.forEach((type, index) => knowledge.safe.push({ seq: last - types.length + 1 + index, event: { type } }));
}

/** Lives that run a step at a time, one of them at once. */
class World {
  readonly disk: MemoryDisk;
  readonly lives: { readonly knowledge: Knowledge; next: (() => void) | undefined; did: string[] }[] = [];
  private arrive: () => void = () => undefined;

  private constructor(disk: MemoryDisk) {
    this.disk = disk;
  }

  static async start(disk: MemoryDisk, lives: readonly Life[], spoil: Spoil = (files) => files): Promise<World> {
    const world = new World(disk);
    for (const [id, life] of lives.entries()) {
      const knowledge = new Knowledge();
      const own: World['lives'][number] = { knowledge, next: undefined, did: [] };
      world.lives.push(own);
      const step = (operation: string) =>
        new Promise<void>((resolve) => {
          own.next = () => {
            own.did.push(operation);
            resolve();
          };
          world.arrive();
        });
      const arrived = new Promise<void>((resolve) => (world.arrive = resolve));
      vi.spyOn(crypto, 'randomUUID').mockReturnValue(`${id + 1}`.repeat(8) as never);
      void life(spoil(watched(world.disk.for(step), (result) => own.did.push(result))), knowledge)
        .catch((error: unknown) => {
          if (!isPanoramaError(error) || error.code !== 'superseded') throw error;
          knowledge.isSuperseded = true;
        })
        .finally(() => {
          knowledge.isOver = true;
          own.next = undefined;
          world.arrive();
        });
      await arrived;
    }
    return world;
  }

  /** The lives that can take a step. */
  get ready(): number[] {
    return [...this.lives.keys()].filter((id) => this.lives[id]!.next !== undefined);
  }

  async step(id: number): Promise<void> {
    vi.spyOn(crypto, 'randomUUID').mockReturnValue(`${id + 1}`.repeat(8) as never);
    const arrived = new Promise<void>((resolve) => (this.arrive = resolve));
    const { next } = this.lives[id]!;
    this.lives[id]!.next = undefined;
    next!();
    await arrived;
  }

  /** All that decides what comes: the files, and what each life has done and seen. */
  get key(): string {
    return JSON.stringify([[...this.disk.files].sort(), this.lives.map(({ knowledge, did }) => [knowledge, did])]);
  }

  /** What somebody finds who opens the log now, all others having stopped for good. */
  async found(): Promise<readonly LoggedInput[]> {
    vi.spyOn(crypto, 'randomUUID').mockReturnValue('ffffffff' as never);
    const log = await SegmentedLog.takeOver(this.disk.copy().for(() => Promise.resolve()));
    return log.all;
  }
}

/** Tells what each call has found: it decides what a life does next. */
function watched(files: SegmentFiles, tell: (result: string) => void): SegmentFiles {
  const methods = Object.entries(files).map(([name, method]) => {
    if (typeof method !== 'function') return [name, method] as const;
    const watch = async (...args: never[]): Promise<unknown> => {
      const result: unknown = await (method as (...args: never[]) => Promise<unknown>)(...args);
      tell(JSON.stringify(result) ?? '');
      return result;
    };
    return [name, watch] as const;
  });
  return Object.fromEntries(methods) as unknown as SegmentFiles;
}

type Spoil = (files: SegmentFiles) => SegmentFiles;

/** What must hold, whenever everybody stops: undefined, or what does not. */
function fault(world: World, found: readonly LoggedInput[]): string | undefined {
  const types = new Map(found.map(({ seq, event }) => [seq, event.type]));
  const isThere = ({ seq, event }: LoggedInput) => types.get(seq) === event.type;
  const trimmed = Math.max(...world.lives.map(({ knowledge }) => knowledge.trimmed));
  const first = found[0]?.seq ?? 0;
  for (const [index, { seq }] of found.entries()) if (seq !== first + index) return `a gap before ${seq}`;
  for (const { knowledge } of world.lives) {
    const lost = knowledge.safe.find((input) => input.seq > trimmed && !isThere(input));
    if (lost !== undefined) return `${lost.event.type} was said to be safe as ${lost.seq}, and is not there`;
    // A life that has it from then on: what its predecessors trim later changes nothing.
    const gone = knowledge.taken?.find((input) => !isThere(input));
    if (gone !== undefined) return `${gone.event.type} was read as ${gone.seq}, and is not there`;
  }
  return undefined;
}

interface Explored {
  readonly states: number;
  readonly fault: string | undefined;
  /** How lives ended, together with whether what the first had written is there. */
  readonly ends: ReadonlySet<string>;
}

/** Goes through every order of the steps; the same files, done and seen alike, are gone on from once. */
async function explore(start: () => Promise<World>): Promise<Explored> {
  const seen = new Set<string>();
  const judged = new Map<string, readonly LoggedInput[]>();
  const ends = new Set<string>();
  const open: number[][] = [[]];
  for (let schedule = open.pop(); schedule !== undefined; schedule = open.pop()) {
    const world = await start();
    for (const id of schedule) await world.step(id);
    for (;;) {
      if (seen.has(world.key)) break;
      seen.add(world.key);
      const files = JSON.stringify([...world.disk.files].sort());
      const found = judged.get(files) ?? (await world.found());
      judged.set(files, found);
      const wrong = fault(world, found);
      if (wrong !== undefined) return { states: seen.size, fault: wrong, ends };
      const [next, ...others] = world.ready;
      if (next === undefined) {
        const how = world.lives.map(({ knowledge: { isSuperseded } }) => (isSuperseded ? 'superseded' : 'done'));
        ends.add([...how, found.map(({ event }) => event.type).join('')].join(' '));
        break;
      }
      for (const other of others) open.push([...schedule, other]);
      schedule = [...schedule, next];
      await world.step(next);
    }
  }
  return { states: seen.size, fault: undefined, ends };
}

/** A log with an event in it, that the first of these lives has taken over already. */
async function startWith(lives: readonly Life[], spoil?: Spoil, disk = new MemoryDisk()): Promise<World> {
  vi.spyOn(crypto, 'randomUUID').mockReturnValue('00000000' as never);
  const log = await SegmentedLog.takeOver(disk.for(() => Promise.resolve()));
  await log.append([{ type: 'o' }]);
  const world = await World.start(disk, lives, spoil);
  while (world.lives[0]!.knowledge.taken === undefined) await world.step(0);
  return world;
}

const successor =
  (type: string): Life =>
  async (files, knowledge) => {
    const log = await takeOver(files, knowledge);
    await append(log, knowledge, type);
  };

afterEach(() => vi.restoreAllMocks());

describe('a log that is taken over, step by step', () => {
  /** It has the log, appends two at once, and one. */
  const writer: Life = async (files, knowledge) => {
    const log = await takeOver(files, knowledge);
    await append(log, knowledge, 'a', 'b');
    await append(log, knowledge, 'c');
  };

  it('has what was said to be safe, and what a life read stays, in every order of two lives', async () => {
    const { states, fault, ends } = await explore(() => startWith([writer, successor('x')]));
    expect(fault).toBeUndefined();
    expect(states).toBe(225);
    // What the first life was not told to be safe is there as far as the second has found it.
    expect([...ends].sort()).toEqual([
      'done done oabcx',
      'superseded done oabcx',
      'superseded done oabx',
      'superseded done oax',
      'superseded done ox',
    ]);
  });

  it('is of one at the most, in every order of three lives', async () => {
    const opener: Life = async (files, knowledge) => void (await takeOver(files, knowledge));
    const { states, fault, ends } = await explore(() => {
      const disk = new MemoryDisk();
      disk.tears = false;
      return startWith([successor('a'), opener, opener], undefined, disk);
    });
    expect(fault).toBeUndefined();
    expect(states).toBe(28_806);
    expect([...ends].sort()).toEqual([
      'done done done oa',
      'done done superseded oa',
      'done superseded done oa',
      'superseded done done o',
      'superseded done done oa',
      'superseded done superseded o',
      'superseded done superseded oa',
      'superseded superseded done o',
      'superseded superseded done oa',
    ]);
  }, 240_000);

  it('is not trimmed by a life that another has taken it over from', async () => {
    const trimmer: Life = async (files, knowledge) => {
      const log = await takeOver(files, knowledge);
      await append(log, knowledge, 'a');
      knowledge.trimmed = 1; // from now on it may be
      knowledge.taken = []; // which it need not keep
      await log.trim(1);
      await append(log, knowledge, 'b');
    };
    const { states, fault, ends } = await explore(() => startWith([trimmer, successor('x')]));
    expect(fault).toBeUndefined();
    expect(states).toBe(3353);
    expect([...ends].sort()).toEqual([
      'done done abx',
      'superseded done abx',
      'superseded done ax',
      'superseded done oax',
      'superseded done ox',
    ]);
  });

  it.each<[string, Spoil]>([
    [
      'looks for its claim before it flushes',
      (files) => {
        let isOwn: boolean | undefined;
        return {
          ...files,
          write: async (name, at, data) => {
            isOwn = await files.has(name.replace(/\d+$/, 'open'));
            return files.write(name, at, data);
          },
          has: async (name) => isOwn ?? files.has(name),
        };
      },
    ],
    [
      'reads before it removes the claims of others',
      (files) => {
        const claims: string[] = [];
        return {
          ...files,
          remove: async (name) => (name.endsWith('open') ? void claims.push(name) : files.remove(name)),
          write: async (...what) => {
            for (const claim of claims.splice(0)) await files.remove(claim);
            return files.write(...what);
          },
        };
      },
    ],
    ['leaves the claims of others', (files) => ({ ...files, remove: () => Promise.resolve() })],
  ])('loses what was said to be safe, where a life %s', async (_, spoil) => {
    const { fault } = await explore(() => startWith([writer, successor('x')], spoil));
    expect(fault).toMatch(/was said to be safe|was read as/);
  });
});

describe('a full disk', () => {
  const now = () => Promise.resolve();

  it('is said by whoever appends; what is there is read all the same, and what comes after there is room again', async () => {
    const disk = new MemoryDisk();
    const first = await SegmentedLog.takeOver(disk.for(now));
    await first.append([{ type: 'a' }]);
    disk.isFull = true;
    await expect(first.append([{ type: 'lost' }])).rejects.toThrow('ENOSPC');
    const second = await SegmentedLog.takeOver(disk.for(now));
    expect(second.all.map(({ event }) => event.type)).toEqual(['a']);
    await expect(second.append([{ type: 'lost' }])).rejects.toThrow('ENOSPC');
    const third = await SegmentedLog.takeOver(disk.for(now));
    disk.isFull = false;
    expect(await third.append([{ type: 'b' }])).toBe(2);
    expect((await SegmentedLog.takeOver(disk.for(now))).all.map(({ event }) => event.type)).toEqual(['a', 'b']);
  });

  it('leaves a log that could not be trimmed as it was', async () => {
    const disk = new MemoryDisk();
    const log = await SegmentedLog.takeOver(disk.for(now));
    await log.append([{ type: 'a' }, { type: 'b' }]);
    disk.isFull = true;
    await expect(log.trim(1)).rejects.toThrow('ENOSPC');
    expect(log.all.map(({ seq }) => seq)).toEqual([1, 2]);
    disk.isFull = false;
    await log.append([{ type: 'c' }]);
    expect((await SegmentedLog.takeOver(disk.copy().for(now))).all.map(({ seq }) => seq)).toEqual([1, 2, 3]);
    await log.trim(1);
    await log.append([{ type: 'd' }]);
    expect((await SegmentedLog.takeOver(disk.for(now))).all.map(({ event }) => event.type)).toEqual(['b', 'c', 'd']);
  });
});

describe('a program that is stopped in the middle of appending', () => {
  const directory = mkdtempSync(join(tmpdir(), 'panorama-takeovers-'));
  const programs: ChildProcess[] = [];
  afterEach(() => {
    for (const program of programs.splice(0)) program.kill('SIGKILL');
    rmSync(directory, { recursive: true, force: true });
  });

  it('is told of nothing more that it is safe when it wakes, and all that it was told is there', async () => {
    const file = fileURLToPath(new URL('./programs/endless-appender.mjs', import.meta.url));
    for (let round = 0; round < 8; round++) {
      const path = join(directory, String(round));
      const program = fork(file, [path]);
      programs.push(program);
      const safe: number[] = [];
      const isAt = new Promise<void>((resolve) =>
        program.on('message', (said: number | string) => {
          if (typeof said === 'number' && safe.push(said) === 5 + 7 * round) resolve();
        }),
      );
      await isAt;
      program.kill('SIGSTOP');
      const store = createFileInputStore({ path });
      const read = (await store.readAfter(0, 1e6)).length;
      const own = await store.append({ type: 'OWN' });
      expect(own).toBe(read + 1);
      const ended = once(program, 'exit');
      const said = new Promise((resolve) => program.on('message', (last) => typeof last === 'string' && resolve(last)));
      program.kill('SIGCONT');
      expect(await said).toBe('superseded');
      await ended;
      const found = await createFileInputStore({ path }).readAfter(0, 1e6);
      expect(found.map(({ event }) => (event as { n?: number }).n)).toEqual([
        ...Array.from({ length: read }, (_, index) => index + 1),
        undefined,
      ]);
      expect(safe.at(-1)).toBeLessThanOrEqual(read);
      expect(safe).toEqual(safe.map((_, index) => index + 1));
    }
  }, 120_000);
});
