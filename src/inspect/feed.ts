/** What an inspector of another program tells, as a part of the picture here. */
import { checkEvents } from './check-event.js';
import type { Inspector } from './inspector.js';
import { Interleaving } from './interleaving.js';
import type { GuestPlace, Layout, PictureSource, State } from './picture.js';
import { toPlain, UNBOUNDED } from './plain.js';
import type { InspectorEvent, StateView } from './protocol.js';

/** The end at which another program's events come in. */
export interface Feed {
  /**
   * Takes the next events of the other program's inspector, in their order: what its `connect({ receive })` was handed, as
   * it came over a port or a socket. Nothing of it is trusted.
   *
   * @throws `invalid-file` for anything that is not a list of the protocol's events; the feed goes on.
   */
  receive(events: unknown): void;
  /** Ends it: the other program's processes take no further part in the picture. */
  stop(): void;
}

/**
 * Lets the inspector of another program add its processes to this one's picture. What happened there and here is shown in an
 * order in which nothing is received before it was sent.
 *
 * @param inspector The one whose viewers see all of it.
 */
export function openFeed(inspector: Inspector): Feed {
  return new InspectorFeed(inspector);
}

class InspectorFeed implements Feed, PictureSource {
  layout: Layout = { processes: [], channels: [] };
  private readonly states = new Map<string, StateView>();
  private readonly place: GuestPlace;
  private calls = 0;

  constructor(inspector: Inspector) {
    this.place = inspector.join(this, (isSentElsewhere, emit) => new Interleaving(isSentElsewhere, emit));
  }

  get state(): State {
    return { processes: Object.fromEntries(this.states), channels: {} };
  }

  has(process: string): boolean {
    return this.states.has(process);
  }

  receive(events: unknown): void {
    for (const event of checkEvents(events, ++this.calls)) this.take(event);
  }

  stop(): void {
    this.place.leave();
  }

  private take(event: InspectorEvent): void {
    switch (event.type) {
      case 'network.described':
      case 'topology.changed':
        this.layout = { processes: event.processes, channels: event.channels };
        return this.place.tell('layout');
      case 'network.captured':
        for (const [id, view] of Object.entries(event.processes)) this.note(id, view);
        return this.place.tell('state');
      case 'playback.changed':
      case 'command.failed':
        return; // of its own viewers' business
      default:
        if (event.type === 'step.ended') this.note(event.process, event.state);
        this.place.tell(this.redacted(event));
    }
  }

  /** Only of processes that it has described: nothing grows with what it makes up. */
  private note(process: string, view: StateView): void {
    if (this.layout.processes.some(({ id }) => id === process)) this.states.set(process, this.redacted(view));
  }

  private redacted<T>(value: T): T {
    const { redact } = this.place;
    return redact === undefined ? value : (toPlain(value, redact, UNBOUNDED) as T);
  }
}
