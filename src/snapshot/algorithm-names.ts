/** The ways to take snapshots, by the names of those who found them, or of what they do. */
export const ALGORITHMS = ['chandy-lamport', 'lai-yang', 'mattern', 'stop-drain-record'] as const;

/**
 * A way to take snapshots.
 *
 * - `chandy-lamport`: a marker on every channel; needs channels that keep order.
 * - `lai-yang`: coloured messages; the supervisor knows what is in flight as the difference of what was sent and received.
 * - `mattern`: coloured messages; each process counts for itself what has yet to come.
 * - `stop-drain-record`: everybody stands still until the channels are empty; to compare with.
 */
export type AlgorithmName = (typeof ALGORITHMS)[number];

/** Those that are right only where channels keep order. */
export const NEED_FIFO: readonly AlgorithmName[] = ['chandy-lamport'];
