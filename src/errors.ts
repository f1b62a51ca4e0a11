/** What went wrong, for a program to branch on; the message is for people. */
export type PanoramaErrorCode =
  /** An option, id or config is not what was expected. */
  | 'invalid-argument'
  /** With these initiators and channels the markers cannot reach every process. */
  | 'unreachable'
  /** The network is not in a state in which this can be done. */
  | 'not-running'
  /** A process sent to a process to which no channel leads from it. */
  | 'no-channel'
  /** A link to another program was cut for good, lost something, or its peer does not fit; `channels` are its two. */
  | 'link-failed'
  /** What came over a link is no envelope; it was dropped. */
  | 'invalid-envelope'
  /** A value cannot be carried in a snapshot or over a channel; the path names it. */
  | 'not-recordable'
  /** A snapshot under way was given up; `channels` were still recording. */
  | 'snapshot-aborted'
  /** A snapshot does not fit the config that it is to be restored into. */
  | 'does-not-fit'
  /** A recorded run, replayed, does not repeat itself. */
  | 'not-replayable'
  /** A run contradicts the theorem of the paper's section 4. */
  | 'theorem-violated'
  /** A property held in one snapshot and not in a later one; `snapshotIds` names both. */
  | 'unstable-property'
  /** A network cannot be rolled back, or crashes again as soon as it was. */
  | 'recovery-failed'
  /** Another life of the process has taken its place; this one stops, or starts anew. */
  | 'superseded'
  /** More checkpoints in a row failed than are tolerated. */
  | 'checkpoint-failed'
  /** A run was found in which something that is expected of every run does not hold. */
  | 'counterexample'
  /** What was claimed of a network's states does not hold; the message has the story. */
  | 'property-violated'
  /** A transport or a store does not do what its contract asks. */
  | 'contract-violated'
  /** A snapshot file is damaged, hostile, or of another version. */
  | 'invalid-file';

const BRAND: unique symbol = Symbol.for('xstate-panorama.error') as never;

/**
 * The one error that this library throws and rejects with.
 *
 * Bad arguments throw at once; operational failures reject. The message says what was expected, what was got and what to do.
 */
export class PanoramaError extends Error {
  override readonly name = 'PanoramaError';
  /** What went wrong, as a literal. */
  readonly code: PanoramaErrorCode;
  /** For `snapshot-aborted`: ids of the channels that were still recording or had not seen a marker; else empty. */
  readonly channels: readonly string[];
  /** For `unstable-property`: the snapshot in which it held, and the later one in which it did not; else empty. */
  readonly snapshotIds: readonly string[];
  readonly [BRAND] = true;

  constructor(
    code: PanoramaErrorCode,
    message: string,
    options: {
      readonly channels?: readonly string[];
      readonly snapshotIds?: readonly string[];
      readonly cause?: unknown;
    } = {},
  ) {
    super(message, options);
    this.code = code;
    this.channels = options.channels ?? [];
    this.snapshotIds = options.snapshotIds ?? [];
  }
}

/** Tells whether a value is a {@link PanoramaError}, also one from another copy of this package. */
export function isPanoramaError(value: unknown): value is PanoramaError {
  return typeof value === 'object' && value !== null && BRAND in value;
}

/** What an error says; of anything else that was thrown, its text. */
export function messageOf(error: unknown): string {
  return error instanceof Error ? error.message : String(error);
}

/** Describes a value for the `got` half of an error message: the value, shortened, and its type. */
export function describe(value: unknown): string {
  if (typeof value === 'string') return `"${value.length > 60 ? `${value.slice(0, 57)}...` : value}" (string)`;
  if (value === null || value === undefined) return String(value);
  if (Array.isArray(value)) return `an array of ${value.length}`;
  if (typeof value === 'object') return Object.keys(value).length === 0 ? 'an empty object' : 'an object';
  if (typeof value === 'function') return 'a function';
  return `${String(value as number | bigint | boolean | symbol)} (${typeof value})`;
}
