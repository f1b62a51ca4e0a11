/** How a notice finds the supervisor when no process knows the way. */
import type { Control } from '../../channel/envelope.js';
import type { ReachablePeers } from '../peers.js';

/** Notices that are route for one snapshot: a limit for hostile peers. */
const MAX_ROUTES = 1_000_000;

/** What a notice was given to. */
interface Route {
  readonly control: Control;
  /** The one peer who was to carry it on; undefined when everybody was given it. */
  carrier: string | undefined;
}

/**
 * Carries the notices of one snapshot towards its supervisor: straight if a channel leads there; else to the parent, from
 * whom the first marker came, if a channel leads back; else to everybody. What was given to a peer who then leaves, or who
 * gives it back as it knows no way either, may not have gone on from there: it goes to everybody else, once.
 */
export class ReportRouting {
  private readonly routes = new Map<string, Route>();

  constructor(
    private readonly way: ReachablePeers,
    private readonly supervisor: string,
    private readonly parent: string,
  ) {}

  /** @param from The peer who passed it on; undefined for one of the process's own. */
  deliver(control: Control, from: string | undefined): void {
    const key = keyOf(control);
    const known = this.routes.get(key);
    if (known !== undefined) {
      if (known.carrier !== undefined && known.carrier === from) this.giveToAll(known);
      return;
    }
    if (this.routes.size >= MAX_ROUTES) return;
    const peers = new Set(this.way.peers());
    const carrier = [this.supervisor, this.parent].find((peer) => peers.has(peer) && peer !== from);
    const route = { control, carrier };
    this.routes.set(key, route);
    if (carrier === undefined) this.giveToAll(route);
    else this.way.send(carrier, control);
  }

  /** A peer has left. */
  goAround(peer: string): void {
    for (const route of this.routes.values()) if (route.carrier === peer) this.giveToAll(route);
  }

  /** Also to the peer that passed it on: that is how a process that does not get through learns of it. */
  private giveToAll(route: Route): void {
    route.carrier = undefined;
    for (const peer of this.way.peers()) this.way.send(peer, route.control);
  }
}

function keyOf({ notice }: Control): string {
  const { kind, process } = notice;
  return `${kind} ${process} ${kind === 'report' ? notice.part : kind === 'parted' ? notice.peer : ''}`;
}
