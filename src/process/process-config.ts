import type { AnyActorLogic, EventFromLogic, EventObject, InputFrom } from 'xstate';
import { expected, isObject } from '../checks.js';
import { isProcessLogic } from './xstate-internals.js';

/** What a process runs: any XState actor logic, unchanged, and its input. */
export type ProcessConfig<TLogic extends AnyActorLogic = AnyActorLogic> =
  | TLogic
  | {
      readonly logic: TLogic;
      readonly input?: InputFrom<TLogic>;
      /** An actor has `logic` too, but also a state, which would be dropped. */
      readonly send?: never;
    };

/** The processes of a network, by id. */
export type Processes = Record<string, ProcessConfig>;

/** The logic of a process's config. */
export type LogicOf<TConfig> = TConfig extends { readonly logic: infer L extends AnyActorLogic }
  ? L
  : TConfig extends AnyActorLogic
    ? TConfig
    : never;

/** The events that a logic takes; of a logic of which nothing is known, any. */
export type EventOf<TLogic extends AnyActorLogic> =
  EventFromLogic<TLogic> extends infer TEvent extends EventObject
    ? unknown extends TEvent
      ? EventObject
      : TEvent
    : never;

/** The input of a logic: optional where the logic takes any or none, as in `createActor`. */
export type InputOption<TLogic extends AnyActorLogic> =
  undefined extends InputFrom<TLogic>
    ? { readonly input?: InputFrom<TLogic> | undefined }
    : { readonly input: InputFrom<TLogic> };

/** Refuses, at compile time, an input that the logic does not take, and none where it needs one. */
export type CheckedProcess<TConfig> = TConfig extends { readonly logic: infer L extends AnyActorLogic }
  ? { readonly logic: L } & InputOption<L>
  : TConfig extends AnyActorLogic
    ? undefined extends InputFrom<TConfig>
      ? TConfig
      : { readonly logic: TConfig } & InputOption<TConfig>
    : TConfig;

/**
 * Checks actor logic where it comes in. Throws `invalid-argument`.
 *
 * @param what What is expected to be logic, for the error.
 */
export function parseLogic(logic: unknown, what: string): AnyActorLogic {
  const isLogic =
    isObject(logic) && typeof logic.transition === 'function' && typeof logic.getInitialSnapshot === 'function';
  if (isLogic && !isActor(logic) && !isProcessLogic(logic)) return logic as unknown as AnyActorLogic;
  const advice = isActor(logic)
    ? 'That is an actor, or a store, whose state would be lost: give its logic, or use `attachProcess`.'
    : isLogic
      ? 'An actor of that is a process already (`withPeers`): give the bare logic.'
      : '';
  return expected(`${what} to be XState actor logic`, logic, advice);
}

/** Whether something is an actor or a store: events are sent to it, not to logic. */
export function isActor(value: unknown): boolean {
  return isObject(value) && typeof value.send === 'function';
}
