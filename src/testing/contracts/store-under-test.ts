/** A store that a contract judges. */
export interface StoreUnderTest<TStore> {
  /** Opens the same store each time, as another program, or the same one after a restart, would. */
  readonly open: () => TStore | Promise<TStore>;
  /** Clears it away. */
  readonly close?: (() => unknown) | undefined;
}
