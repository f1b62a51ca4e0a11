/** What acts as a statechart decides: it asks, does what comes of that, and asks again. */
import type { TableState } from './state-table.js';

/** The state of a statechart whose actions are known by their names alone. */
export type DeciderState<TEvent extends string, TAct extends string, TValue> = TableState<
  TEvent,
  { readonly type: TAct },
  TValue
>;

/** Takes one decision after another: what an action brings about is decided on when that before it is done. */
export class Decider<TEvent extends string, TAct extends string, TValue, TTold extends object> {
  private isActing = false;
  private readonly due: (readonly [TEvent, TTold])[] = [];

  private known: DeciderState<TEvent, TAct, TValue> | undefined;

  /**
   * @param begin Gives the state in which it begins, when that is first asked for: XState takes a session id for it, by
   *   which people know actors, and a process that was only made uses up none.
   * @param acts What is done, by the names of the actions; each is told what came with the event.
   */
  constructor(
    private readonly begin: () => DeciderState<TEvent, TAct, TValue>,
    private readonly acts: Readonly<Record<TAct, (told: TTold) => void>>,
  ) {}

  private get state(): DeciderState<TEvent, TAct, TValue> {
    return (this.known ??= this.begin());
  }

  get value(): TValue {
    return this.state.value;
  }

  decide(type: TEvent, told: TTold): void {
    this.due.push([type, told]);
    if (this.isActing) return;
    this.isActing = true;
    try {
      for (let next = this.due.shift(); next !== undefined; next = this.due.shift()) this.act(...next);
    } finally {
      this.isActing = false;
    }
  }

  private act(type: TEvent, told: TTold): void {
    const { to, actions } = this.state.next(type);
    this.known = to;
    for (const action of actions) this.acts[action.type](told);
  }
}
