/** A process alone in its program, as its actor system and its channels know it. */
import type { AnyActor, EventObject } from 'xstate';
import type { Control, Envelope } from '../channel/envelope.js';
import { revivePeers } from '../process/actor-refs.js';
import type { IncomingChannel } from '../process/endpoints.js';
import { Process, type ProcessSpec, type Program } from '../process/process.js';
import { beforeLogicStarts, isRunning } from '../process/xstate-internals.js';

/** What of its program such a process knows beside. */
export interface PeeredProgram extends Program {
  /** Takes what a process in another program tells of a snapshot. */
  onControl(control: Control, channelId: string): void;
  /** Called with an event for a peer that has left. */
  onUnsent(peer: string, event: EventObject): void;
  /** Called within the step in which the actor is started. */
  onStarted(): void;
  /** Is asked before the actor is started. Throws when it may not be. */
  mayStart(actor: AnyActor): void;
  /** Is told within the step in which the actor of a process is stopped. */
  onStopping(process: PeeredProcess): void;
}

interface PeeredProcessSpec extends ProcessSpec {
  readonly program: PeeredProgram;
}

/** A process whose peers are in other programs: they come and go, and its actor may be made elsewhere. */
export class PeeredProcess extends Process {
  constructor(protected override readonly spec: PeeredProcessSpec) {
    super(spec);
  }

  /** Takes charge of the system of an actor that was made, and perhaps started, without it. */
  attach(actor: AnyActor, before?: Process): void {
    this.takeCharge({ self: actor, system: actor.system }, before);
    if (isRunning(actor)) this.started();
  }

  /** Takes charge of an actor that was made elsewhere from this process's recorded state, and not started. */
  attachRestored(actor: AnyActor): void {
    this.attach(actor);
    const { restoreFrom } = this.spec;
    if (restoreFrom === undefined) return;
    revivePeers({ self: actor, system: actor.system }, actor.getSnapshot());
    beforeLogicStarts(actor, restoreFrom.snapshot, () => this.armTimers());
    this.refuseMisfit();
  }

  /** Parts with the channel to a peer that has left. Its proxy stays: references to it live on in contexts. */
  disconnectTo(peer: string): void {
    const end = this.outgoing.get(peer);
    if (end !== undefined) end.channel = undefined;
  }

  /** Parts with a channel whose sender has left. No snapshot may be recording. */
  disconnectFrom(channelId: string): void {
    const position = this.incoming.findIndex(({ channel }) => channel.id === channelId);
    if (position < 0) return;
    this.incoming[position]!.position = -1;
    this.incoming.splice(position, 1);
    for (const [index, end] of this.incoming.entries()) end.position = index;
  }

  override receive(end: IncomingChannel, envelope: Envelope): void {
    if (envelope.type === 'control') this.spec.program.onControl(envelope, end.channel.id);
    else super.receive(end, envelope);
  }

  override unsent(peer: string, event: EventObject): void {
    this.spec.program.onUnsent(peer, event);
  }

  override mayStart(actor: AnyActor): void {
    this.spec.program.mayStart(actor);
  }

  override started(): void {
    this.spec.program.onStarted();
    super.started();
  }

  override stopping(): void {
    super.stopping();
    this.spec.program.onStopping(this);
  }
}
