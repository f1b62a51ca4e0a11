/** What an inspector of another program tells, as a part of the picture here. */
import { checkEvents } from './check-event.js';
import type { Layout, State } from './picture.js';
import { toPlain, UNBOUNDED, type Redact } from './plain.js';
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

/** What a feed says of the whole, and not of one process. */
type Told = 'layout' | 'state' | InspectorEvent;

/** See the file's head. */
export class FeedSource implements Feed {
  layout: Layout = { processes: [], channels: [] };
  private readonly states = new Map<string, StateView>();
  private calls = 0;

  /**
   * @param tell Is handed each event that becomes a part of the picture, and is told when layout or state have changed as a
   *   whole.
   */
  constructor(
    private readonly redact: Redact | undefined,
    private readonly tell: (told: Told) => void,
    private readonly onStop: () => void,
  ) {}

  get state(): State {
    return { processes: Object.fromEntries(this.states), channels: {} };
  }

  /** Whether this process runs there. */
  has(process: string): boolean {
    return this.states.has(process);
  }

  receive(events: unknown): void {
    for (const event of checkEvents(events, ++this.calls)) this.take(event);
  }

  stop(): void {
    this.onStop();
  }

  private take(event: InspectorEvent): void {
    switch (event.type) {
      case 'network.described':
      case 'topology.changed':
        this.layout = { processes: event.processes, channels: event.channels };
        return this.tell('layout');
      case 'network.captured':
        for (const [id, view] of Object.entries(event.processes)) this.states.set(id, this.redacted(view));
        return this.tell('state');
      case 'playback.changed':
      case 'command.failed':
        return; // of its own viewers' business
      default:
        if (event.type === 'step.ended') this.states.set(event.process, this.redacted(event.state));
        this.tell(this.redacted(event));
    }
  }

  private redacted<T>(value: T): T {
    return this.redact === undefined ? value : (toPlain(value, this.redact, UNBOUNDED) as T);
  }
}
