/** Breadth-first search of all states of a network: the way to each state that it finds is one of the shortest. */
import { Lookahead } from './lookahead.js';
import type { ParsedExploreOptions } from './options.js';
import type { Edge, Graph } from './liveness.js';
import type { Model, State, StepCode, TakenStep } from './model.js';
import { judge, type Property } from '../properties.js';
import { enoughSteps } from './reduction.js';
import { NumberList, StateStore } from './state-store.js';
import { viewOf, type Reads } from './view.js';

/** Why a search ended before all states were known. */
export type StopReason = 'violation' | 'max-states' | 'max-depth' | 'max-ms' | 'signal';

/** The states found, and the steps between them. */
export class Search implements Graph {
  readonly starts: readonly TakenStep[];
  edges = 0;
  depth = 0;
  /** States in which no step can be taken. */
  readonly terminal = new NumberList();
  stoppedBy: StopReason | undefined;
  /** The first states that decide a property: in which an `always` does not hold, a `sometimes` does. */
  readonly deciding = new Map<Property, { readonly index: number; readonly because: string | undefined }>();
  /** The first state in which each process has failed. */
  readonly failed = new Map<number, number>();
  /** By `eventually` property: 1 for each state in which it holds. */
  readonly eventual: ReadonlyMap<Property, NumberList>;
  private readonly store: StateStore;
  private readonly parents = new NumberList();
  private readonly parentSteps = new NumberList();
  /** Where the states that a state leads to begin in `targets`; for `eventually` alone. */
  private readonly targetsFrom = new NumberList();
  private readonly targets = new NumberList();
  private readonly targetSteps = new NumberList();
  private readonly next: State;
  private readonly lookahead: Lookahead;
  /** The state that is looked at next. */
  private cursor = 0;
  private levelEnd = 1;

  constructor(
    readonly model: Model,
    private readonly options: ParsedExploreOptions,
    /** What properties read; undefined without reduction. */
    private readonly reads: Reads | undefined,
  ) {
    const eventual = options.properties.filter(({ kind }) => kind === 'eventually');
    this.eventual = new Map(eventual.map((property) => [property, new NumberList()]));
    this.store = new StateStore(model.width);
    this.next = new Int32Array(model.width);
    this.lookahead = new Lookahead(model);
    const { state, starts } = model.initial(options.snapshot);
    this.starts = starts;
    this.add(state, -1, -1);
  }

  get states(): number {
    return this.store.size;
  }

  /** States that were not looked at yet. */
  get queue(): number {
    return this.store.size - this.cursor;
  }

  /** Whether nothing is left to do. */
  get isOver(): boolean {
    return this.queue === 0 || (this.stoppedBy !== undefined && this.stoppedBy !== 'max-depth');
  }

  /** Looks at the next state. */
  advance(): void {
    if (this.cursor === this.levelEnd) {
      this.depth++;
      this.levelEnd = this.store.size;
    }
    const from = this.cursor;
    const state = this.store.get(from).slice();
    const all = this.model.stepsOf(state);
    this.targetsFrom.push(this.targets.length);
    if (all.length === 0) this.terminal.push(from);
    else if (this.depth >= this.options.maxDepth) this.stoppedBy = 'max-depth';
    else for (const step of this.stepsFrom(from, state, all)) this.follow(from, state, step);
    this.cursor++;
  }

  /** A state by its number. */
  state(index: number): State {
    return this.store.get(index);
  }

  /** The steps from a state and where they lead; none from one that was not looked at. For `eventually` alone. */
  *edgesFrom(index: number): Iterable<Edge> {
    if (index >= this.targetsFrom.length) return;
    const end = index + 1 < this.targetsFrom.length ? this.targetsFrom.get(index + 1) : this.targets.length;
    for (let at = this.targetsFrom.get(index); at < end; at++) {
      yield { from: index, step: this.targetSteps.get(at), to: this.targets.get(at) };
    }
  }

  waitingIn(index: number): ReadonlySet<number> {
    return this.model.waitingIn(this.store.get(index));
  }

  endedBy({ from, step }: Edge): readonly number[] {
    return this.model.endedBy(this.store.get(from), step);
  }

  /** The states on the way to a state, from the initial one, and the steps between them. */
  pathTo(index: number): { readonly states: number[]; readonly steps: StepCode[] } {
    const states = [index];
    const steps: StepCode[] = [];
    for (let at = index; this.parents.get(at) >= 0; at = this.parents.get(at)) {
      states.unshift(this.parents.get(at));
      steps.unshift(this.parentSteps.get(at));
    }
    return { states, steps };
  }

  private stepsFrom(from: number, state: State, all: readonly StepCode[]): readonly StepCode[] {
    if (this.reads === undefined) return all;
    // Of those that lead back, none would ever take the steps that are put off: for safety one that leads on is enough,
    // but a cycle on which a step is put off for ever hides what it leads to from `eventually`.
    const leadsOn = (step: StepCode) => {
      this.model.take(state, step, this.next);
      const target = this.store.find(this.next);
      return target === undefined || target > from;
    };
    const proviso = (steps: readonly StepCode[]) =>
      this.eventual.size > 0 ? steps.every(leadsOn) : steps.some(leadsOn);
    return enoughSteps(this.model, state, all, this.reads, this.lookahead, proviso);
  }

  private follow(from: number, state: State, step: StepCode): void {
    this.model.take(state, step, this.next);
    this.edges++;
    let target = this.store.find(this.next);
    if (target === undefined) {
      if (this.store.size >= this.options.maxStates) {
        if (this.stoppedBy !== 'violation') this.stoppedBy = 'max-states';
        return;
      }
      target = this.add(this.next, from, step);
    }
    if (this.eventual.size > 0) {
      this.targets.push(target);
      this.targetSteps.push(step);
    }
  }

  private add(state: State, parent: number, step: StepCode): number {
    const index = this.store.add(state);
    this.parents.push(parent);
    this.parentSteps.push(step);
    this.noteFailures(state, index);
    this.judge(state, index);
    return index;
  }

  private judge(state: State, index: number): void {
    const { properties, stopAtViolation } = this.options;
    const undecided = properties.filter((property) => !this.deciding.has(property));
    if (undecided.length === 0) return;
    const view = viewOf(this.model, state, this.reads);
    for (const property of undecided) {
      const { holds, because } = judge(property, view);
      if (property.kind === 'eventually') this.eventual.get(property)!.push(Number(holds));
      else if (holds === (property.kind === 'sometimes')) {
        this.deciding.set(property, { index, because });
        if (property.kind === 'always' && stopAtViolation) this.stoppedBy = 'violation';
      }
    }
  }

  private noteFailures(state: State, index: number): void {
    for (const [process, local] of this.model.locals.entries()) {
      if (this.failed.has(process)) continue;
      if (local.get(state[process]!).recorded.snapshot.status === 'error') this.failed.set(process, index);
    }
  }
}
