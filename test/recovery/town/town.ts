/** A town of real programs, with verbs for what is done to them. Whatever waits, waits for a condition, and not for ever. */
import { buildSync } from 'esbuild';
import { fork, type ChildProcess } from 'node:child_process';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { verifySnapshot, type GlobalSnapshot } from '../../../src/index.js';
import { createFileInputStore } from '../../../src/recovery/file-input-store.js';
import { createMessageProxy, type MessageProxy } from '../../support/message-proxy.js';
import { Checker } from './checker.js';
import type { Asked, Phase, Said, Setup } from './program.js';

const HUB = 'hub';
export const CLIENTS = ['x', 'y', 'z'] as const;
export const IDS = [HUB, ...CLIENTS] as const;
export type Id = (typeof IDS)[number];

/** How long anything may take on a busy machine, in milliseconds. */
const DEADLINE_MS = 60_000;
/** How long a client may be silent, in milliseconds. */
const SILENCE_MS = 2000;
/** How often an input is sent into the town, in milliseconds. */
const INPUT_MS = 40;
/** What a report shows of each program. */
const LAST_WORDS = 12;

/** One life of a program. */
export interface Program {
  readonly id: Id;
  /** The how many-th life of all. */
  readonly number: number;
  readonly child: ChildProcess;
  readonly said: Said[];
  /** The inputs of which it has not said whether they are safe. */
  readonly pending: Set<number>;
  state: 'running' | 'frozen' | 'killed' | 'ended';
}

export interface TownOptions {
  /** Numbers in [0, 1). */
  readonly random: () => number;
  /** How many crashes and failures in a row are tolerated; default: as many as there are. */
  readonly tolerate?: 'default' | undefined;
}

export class Town {
  readonly checker = new Checker(
    IDS,
    CLIENTS.map((client) => [HUB, client]),
  );
  /** How often what was said, over all programs. */
  readonly counts: Record<string, number> = {};
  /** Of the last snapshot. */
  epoch = 0;
  private readonly directory = mkdtempSync(join(tmpdir(), 'panorama-town-'));
  private readonly code = join(this.directory, 'program.mjs');
  private readonly programs: Program[] = [];
  private readonly current = new Map<Id, Program>();
  private readonly lookers = new Set<() => void>();
  private readonly inputs: ReturnType<typeof setInterval>;
  private inputsSent = 0;
  /** How many things were said, by whomever. */
  private words = 0;
  private failure: string | undefined;
  private isClosing = false;

  private constructor(
    private readonly options: TownOptions,
    private readonly proxy: MessageProxy,
  ) {
    writeFileSync(this.code, bundle());
    this.inputs = setInterval(() => this.sendInput(this.pick(IDS)), INPUT_MS);
  }

  /** Opens a town, and waits until it is whole. */
  static async open(options: TownOptions): Promise<Town> {
    const faults = { drop: 0.004, double: 0.004, swap: 0.004, corrupt: 0.002, cut: 0.0003, mute: 0.0001 };
    const town = new Town(options, await createMessageProxy(faults, options.random));
    const hub = town.start(HUB);
    await town.waitUntil('the first checkpoint is asked for', () => town.saidBy(hub, 'coordinator.leading'));
    town.startAll();
    await town.snapshot();
    return town;
  }

  private pick<T>(items: readonly T[]): T {
    return items[Math.floor(this.options.random() * items.length)]!;
  }

  /** What the proxy did to messages. */
  get messageFaults(): MessageProxy['done'] {
    return this.proxy.done;
  }

  // Verbs.

  program(id: Id): Program {
    return this.current.get(id)!;
  }

  /** Starts another life of a program; the one there was, if it is still there, is a zombie from now on. */
  start(id: Id, stayAt?: Phase): Program {
    const setup: Setup = {
      id,
      directory: this.directory,
      clients: id === HUB ? CLIENTS : [],
      url: this.proxy.urlOf(id),
      silenceMs: SILENCE_MS,
      tolerate: this.options.tolerate === 'default' ? undefined : Number.MAX_VALUE,
      stayAt,
    };
    const child = fork(this.code, [JSON.stringify(setup)], {
      stdio: ['ignore', 'inherit', 'inherit', 'ipc'],
      serialization: 'advanced',
    });
    const program: Program = {
      id,
      number: this.programs.length + 1,
      child,
      said: [],
      pending: new Set(),
      state: 'running',
    };
    this.programs.push(program);
    this.current.set(id, program);
    child.on('message', (said: Said) => this.hear(program, said));
    child.on('exit', (code, signal) => this.noteExit(program, code ?? signal ?? 0));
    return program;
  }

  /** Starts all that are not there. */
  startAll(): Program[] {
    return IDS.filter((id) => ['killed', undefined].includes(this.current.get(id)?.state)).map((id) => this.start(id));
  }

  /** `kill -9`, at once; resolves when they are gone. */
  async kill(...ids: readonly Id[]): Promise<void> {
    const gone = ids.map((id) => {
      const program = this.program(id);
      program.state = 'killed';
      program.child.kill('SIGKILL');
      return () => program.child.exitCode ?? program.child.signalCode;
    });
    await this.waitUntil(`${ids.join(', ')} are gone`, () => gone.every((isGone) => isGone() !== null));
  }

  freeze(id: Id): Program {
    const program = this.program(id);
    program.state = 'frozen';
    program.child.kill('SIGSTOP');
    return program;
  }

  thaw(program: Program): void {
    program.state = 'running';
    program.child.kill('SIGCONT');
  }

  cut(id: Id): void {
    this.proxy.cut(id);
  }

  heal(id: Id): void {
    this.proxy.heal(id);
  }

  /** Its connection carries nothing any more, and nobody is told; another one does. */
  mute(id: Id): void {
    this.proxy.mute(id);
  }

  /** Has a program stay in a phase, once it comes there. */
  stay(id: Id, at: Phase): void {
    this.ask(this.program(id), { type: 'stay', at });
  }

  /** Sends an input from outside; nobody knows what comes of it, unless it is said to be safe. */
  sendInput(id: Id, program = this.current.get(id)): void {
    if (program === undefined || program.state === 'killed' || program.state === 'ended') return;
    const n = ++this.inputsSent;
    this.checker.noteSent(id, n);
    program.pending.add(n);
    this.ask(program, { type: 'input', n });
  }

  private ask({ child }: Program, asked: Asked): void {
    if (child.connected) child.send(asked, () => undefined); // it may be gone
  }

  /**
   * Takes snapshots until there is one, which was asked for after whatever was done before, and judges it: then all are
   * back.
   */
  async snapshot(): Promise<GlobalSnapshot> {
    for (;;) {
      const hub = this.program(HUB);
      const from = hub.said.length;
      this.ask(hub, { type: 'snapshot' });
      const said = await this.waitUntil('a snapshot is there', () =>
        this.program(HUB) === hub
          ? hub.said.slice(from).find(({ type }) => type === 'snapshot' || type === 'no-snapshot')
          : ({ type: 'no-snapshot', why: 'another hub' } as const),
      );
      if (said.type === 'snapshot') return this.judge(said);
      const words = this.words;
      await this.waitUntil('something is heard', () => this.words > words);
    }
  }

  private judge({ snapshot, epoch }: Extract<Said, { readonly type: 'snapshot' }>): GlobalSnapshot {
    const faults = this.checker.faultsOf(snapshot);
    const verdict = verifySnapshot(snapshot as GlobalSnapshot);
    if (!verdict.consistent) faults.push(...verdict.violations.map(({ message }) => message));
    this.refuse('A snapshot', faults);
    if (epoch < this.epoch) this.refuse('A snapshot', [`epoch ${epoch} came after ${this.epoch}`]);
    this.epoch = epoch;
    return snapshot as GlobalSnapshot;
  }

  private refuse(what: string, faults: readonly string[]): void {
    if (faults.length > 0) throw new Error(`${what} is wrong: ${faults.join('; ')}\n${this.report()}`);
  }

  /**
   * Sends a last input to each, takes snapshots until one has all that were said to be safe, and ends the programs: then the
   * logs must have what that snapshot has.
   */
  async settle(): Promise<void> {
    clearInterval(this.inputs);
    for (const id of IDS) this.sendInput(id);
    await this.waitUntil('all inputs are answered', () => IDS.every((id) => this.program(id).pending.size === 0));
    const snapshot = await this.snapshotWithAllSafe();
    await this.kill(...IDS);
    for (const id of IDS) {
      const log = createFileInputStore({ path: join(this.directory, `${id}.inputs`) });
      const left = await log.readAfter(0, Number.MAX_SAFE_INTEGER);
      const last = (await log.append({ type: 'END' })) - 1;
      this.refuse(`The log of ${id}`, this.checker.faultsOfLog(id, left, last, snapshot));
    }
  }

  private async snapshotWithAllSafe(): Promise<GlobalSnapshot> {
    for (const startedAt = performance.now(); ;) {
      const snapshot = await this.snapshot();
      const missing = this.checker.missing(snapshot);
      if (missing.length === 0) return snapshot;
      if (performance.now() - startedAt > DEADLINE_MS) this.refuse('What was said to be safe', missing);
    }
  }

  /** Asks a program for the growth of its heap since it was warm. */
  async heap(id: Id): Promise<Extract<Said, { readonly type: 'heap' }>> {
    const program = this.program(id);
    const from = program.said.length;
    this.ask(program, { type: 'heap' });
    const isHeap = (said: Said) => said.type === 'heap';
    return this.waitUntil(`${id} tells its heap`, () => program.said.slice(from).find(isHeap));
  }

  // Conditions.

  /** Waits until something is so. What must never be ends it, too. @throws Saying what each program said last. */
  waitUntil<T>(what: string, look: () => T | undefined | false): Promise<T> {
    return new Promise((resolve, reject) => {
      const end = (act: () => void) => {
        clearTimeout(deadline);
        this.lookers.delete(again);
        act();
      };
      const again = () => {
        const { failure } = this;
        if (failure !== undefined) return end(() => reject(new Error(`${failure}\n${this.report()}`)));
        const found = look();
        if (found !== undefined && found !== false) end(() => resolve(found));
      };
      const tooLate = () =>
        end(() => reject(new Error(`Expected that ${what} within ${DEADLINE_MS} ms.\n${this.report()}`)));
      const deadline = setTimeout(tooLate, DEADLINE_MS);
      this.lookers.add(again);
      again();
    });
  }

  /** Waits until so many things more were said, by whomever. */
  async waitForWords(count: number): Promise<void> {
    const words = this.words + count;
    await this.waitUntil(`${count} more words are said`, () => this.words >= words);
  }

  /** What a program said of its links, or of the recovery; of what was said since. */
  saidBy({ said }: Program, event: string, about = '', from = 0): Said | undefined {
    return said
      .slice(from)
      .find((one) =>
        one.type === 'link'
          ? one.event === event && ['', one.peer].includes(about)
          : one.type === 'recovery'
            ? one.event === event && ['', one.process].includes(about)
            : one.type === event || (one.type === 'reached' && one.phase === event),
      );
  }

  /** Waits until the hub says something that it has not said before. */
  async hubSays(event: string, about = '', act: () => void = () => undefined): Promise<void> {
    const hub = this.program(HUB);
    const from = hub.said.length;
    act();
    await this.waitUntil(`the hub says ${event} ${about}`, () => this.saidBy(hub, event, about, from));
  }

  async reached(program: Program, phase: Phase): Promise<void> {
    await this.waitUntil(`${program.id} is ${phase}`, () => this.saidBy(program, phase));
  }

  private hear(program: Program, said: Said): void {
    this.words++;
    program.said.push(said);
    const what = said.type === 'link' || said.type === 'recovery' ? said.event : said.type;
    this.counts[what] = (this.counts[what] ?? 0) + 1;
    if (said.type === 'listening' && this.current.get(HUB) === program) this.proxy.leadTo(said.port);
    if (said.type === 'safe' || said.type === 'unsafe') program.pending.delete(said.n);
    if (said.type === 'safe') this.checker.noteSafe(program.id, said.n);
    if (said.type === 'failed') this.failure ??= `${nameOf(program)}: ${said.what} failed: ${said.why}`;
    if (said.type === 'superseded' && this.current.get(program.id) === program && program.state !== 'killed')
      this.failure ??= `${nameOf(program)} was superseded, and there is no later one: ${said.why}`;
    this.look();
  }

  private noteExit(program: Program, how: string | number): void {
    const isKilled = program.state === 'killed' || this.isClosing;
    if (!isKilled && !program.said.some(({ type }) => type === 'superseded'))
      this.failure ??= `${nameOf(program)} ended by itself: ${how}`;
    if (!isKilled) program.state = 'ended';
    this.look();
  }

  private look(): void {
    for (const look of [...this.lookers]) look();
  }

  /** What each of the latest programs said last. */
  private report(): string {
    const latest = this.programs.filter(
      (program) => this.current.get(program.id) === program || program.state === 'running',
    );
    return [...latest, ...this.programs.slice(-6)]
      .filter((program, index, all) => all.indexOf(program) === index)
      .map((program) => {
        const words = program.said.filter(({ type }) => type !== 'safe').slice(-LAST_WORDS);
        const told = words.map((said) => `    ${JSON.stringify(said).slice(0, 260)}`).join('\n');
        return `  ${nameOf(program)} (${program.child.pid}) is ${program.state}, and said:\n${told}`;
      })
      .join('\n');
  }

  /** Ends all programs. */
  async close(): Promise<void> {
    this.isClosing = true;
    clearInterval(this.inputs);
    const left = this.programs.filter(({ child }) => child.exitCode === null && child.signalCode === null);
    const gone = left.map(({ child }) => new Promise((resolve) => child.once('exit', resolve)));
    for (const { child } of left) child.kill('SIGKILL');
    await Promise.all(gone);
    await this.proxy.close();
    rmSync(this.directory, { recursive: true, force: true });
  }
}

const nameOf = ({ id, number }: Program) => `${id}, life ${number}`;

/** The program's code in one file: Node reads no TypeScript. */
function bundle(): string {
  return buildSync({
    entryPoints: [fileURLToPath(new URL('./program.ts', import.meta.url))],
    bundle: true,
    platform: 'node',
    format: 'esm',
    banner: { js: "import { createRequire } from 'node:module'; const require = createRequire(import.meta.url);" },
    write: false,
  }).outputFiles[0]!.text;
}
