/** A network or a process alone of this program, as an inspector shows it. */
import type { Subscription } from 'rxjs';
import type { AnyActorLogic } from 'xstate';
import type { NetworkHandle } from '../network/network-handle.js';
import type { TraceEvent } from '../trace.js';
import { describeChart } from './chart.js';
import type { Layout, PictureSource, State } from './picture.js';
import { stateOf } from './plain-event.js';
import type { Redact } from './plain.js';

/** What an inspector shows of a network: a network and a process alone have it. */
export type WatchedNetwork = Pick<NetworkHandle, 'processes' | 'topology' | 'trace$' | 'takeSnapshot' | 'inFlight'>;

/** See the file's head. */
export class LocalSource implements PictureSource {
  constructor(
    readonly network: WatchedNetwork,
    private readonly redact: Redact | undefined,
  ) {}

  /** Its processes with their charts, its channels, and by name alone the processes at their other ends. */
  get layout(): Layout {
    const { processes, topology } = this.network;
    const own = Object.values(processes).map(({ id, actor }) => {
      const chart = describeChart(actor.logic as AnyActorLogic);
      return { id, ...(chart === undefined ? {} : { chart }) };
    });
    const peers = topology.flatMap(({ from, to }) => [from, to]).filter((id) => !Object.hasOwn(processes, id));
    return { processes: [...own, ...peers.map((id) => ({ id }))], channels: topology };
  }

  get state(): State {
    const states = Object.values(this.network.processes).map(
      ({ id, actor }) => [id, { snapshot: actor.getSnapshot() as unknown }] as const,
    );
    return stateOf({ processes: Object.fromEntries(states), channels: this.network.inFlight() }, this.redact);
  }

  /** Whether this process runs here. */
  has(process: string): boolean {
    return Object.hasOwn(this.network.processes, process);
  }

  subscribe(tell: (event: TraceEvent) => void): Subscription {
    return this.network.trace$.subscribe(tell);
  }
}
