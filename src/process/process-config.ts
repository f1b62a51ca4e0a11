import type { AnyActorLogic, InputFrom } from 'xstate';

/** What a process runs: any XState actor logic, unchanged, and its input. */
export type ProcessConfig<TLogic extends AnyActorLogic = AnyActorLogic> =
  TLogic | { readonly logic: TLogic; readonly input?: InputFrom<TLogic> };
/** The logic of a process's config. */
export type LogicOf<TConfig> = TConfig extends { readonly logic: infer L extends AnyActorLogic }
  ? L
  : TConfig extends AnyActorLogic
    ? TConfig
    : never;
/** Refuses, at compile time, an input that the logic does not take. */
export type CheckedProcess<TConfig> = TConfig extends { readonly logic: infer L extends AnyActorLogic }
  ? unknown extends InputFrom<L>
    ? TConfig
    : { readonly logic: L; readonly input: InputFrom<L> }
  : TConfig;
