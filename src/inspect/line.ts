/** A viewer's line to an inspector: what it has had, and what it is told next. */
import type { InspectorEvent, ViewerCommand } from './protocol.js';

/** One who looks at what an inspector shows. */
export interface Viewer {
  /**
   * Takes the next events. No more come before what it returns has settled; a viewer that takes too long misses some, and is
   * told so. A viewer that throws is disconnected.
   */
  receive(events: readonly InspectorEvent[]): void | Promise<void>;
}

/** A viewer's line to the inspector. */
export interface Connection {
  /** Does what the viewer asks; what is refused comes back as `command.failed`. */
  command(command: ViewerCommand): void;
  /** Settles when the viewer has taken all that has happened up to then, without waiting for its time. */
  flush(): Promise<void>;
  close(): void;
}

/** One viewer, and what it has had. */
export class Line implements Connection {
  /** What comes before the next event. */
  readonly extra: InspectorEvent[] = [];
  /** The number of the next event. */
  next = 0;
  isBusy = false;
  private isOpen = true;
  private taking = Promise.resolve();

  constructor(
    private readonly viewer: Viewer,
    private readonly on: {
      execute(command: ViewerCommand): void;
      failed(error: unknown): void;
      take(): InspectorEvent[];
      settled(): void;
      closed(): void;
    },
  ) {}

  begin(extra: readonly InspectorEvent[], next: number): void {
    this.extra.splice(0, Infinity, ...extra);
    this.next = next;
  }

  tell(events: readonly InspectorEvent[]): void {
    if (events.length === 0 || !this.isOpen) return;
    this.isBusy = true;
    this.taking = (async () => this.viewer.receive(events))().then(
      () => {
        this.isBusy = false;
        this.on.settled();
      },
      () => this.close(),
    );
  }

  command(command: ViewerCommand): void {
    if (!this.isOpen) return;
    try {
      this.on.execute(command);
    } catch (error) {
      this.on.failed(error);
    }
  }

  async flush(): Promise<void> {
    for (;;) {
      await this.taking;
      const events = this.isOpen ? this.on.take() : [];
      if (events.length === 0) return;
      this.tell(events);
    }
  }

  close(): void {
    if (!this.isOpen) return;
    this.isOpen = false;
    this.on.closed();
  }
}
