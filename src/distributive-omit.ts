/** `Omit` of each member of a union by itself; of the union as a whole it would leave what all members share. */
export type DistributiveOmit<T, K extends PropertyKey> = T extends unknown ? Omit<T, K> : never;
