import type { EventFromLogic, EventObject } from 'xstate';
import { expected, list } from '../checks.js';
import { copyPlain } from '../process/copy-plain.js';
import type { LogicOf, Processes } from '../process/process-config.js';

/** An event from outside, and the process that it is for. */
export type OutsideEvent<TProcesses extends Processes = Processes> = {
  [K in keyof TProcesses & string]: { readonly to: K; readonly event: EventFromLogic<LogicOf<TProcesses[K]>> };
}[keyof TProcesses & string];

/** The same of any network. */
export interface AnyOutsideEvent {
  readonly to: string;
  readonly event: EventObject;
}

/** Checks an event of the traffic and copies it. Throws `invalid-argument`. */
export function parseOutsideEvent(sent: unknown, processes: readonly string[]): AnyOutsideEvent {
  const { to, event } = (sent ?? {}) as Partial<AnyOutsideEvent>;
  if (typeof event?.type !== 'string') return expected('`traffic` to give events as { to, event: { type } }', sent);
  if (!processes.includes(to as string))
    return expected(`each \`to\` of \`traffic\` to be a process (${list(processes)})`, to);
  return { to: to!, event: copyPlain(event, `an event of \`traffic\` to "${to}"`) };
}
