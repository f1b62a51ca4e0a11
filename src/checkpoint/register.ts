/** A compare-and-set register, durable and shared by all who open the same store: who coordinates, and what was decided. */
export interface Register {
  /**
   * Reads the newest value; undefined when none was ever written.
   *
   * @throws `invalid-file` when it is damaged.
   */
  read(): Promise<{ readonly version: number; readonly value: unknown } | undefined>;
  /**
   * Replaces the newest value, if this version is still its own.
   *
   * @param version The one that was read; 0 when there was none.
   * @param value Plain data.
   * @returns Whether it did; when it resolves true, the value is safe, as version + 1. When false, another one is newer.
   * @throws What the store throws when it cannot put it down, or what is given is no plain data.
   */
  replace(version: number, value: unknown): Promise<boolean>;
}
