/** The format of a snapshot file: lines of text. A header, one line a process, channels in batches, an end. */

/** What the first line says the file is. */
export const FORMAT = 'xstate-panorama snapshot';
/** The last line: a file without it was cut off. */
export const END = '{"end":true}';
/** Channels on one line: a line is what is held in memory twice. */
export const CHANNELS_PER_LINE = 1000;

/** The first line, as JSON. */
export interface Header {
  readonly format: typeof FORMAT;
  readonly version: number;
  readonly id: string;
  readonly initiators: readonly string[];
  readonly stats: { readonly markers: number; readonly messages: number };
  /** How many lines of processes follow. */
  readonly processes: number;
  /** How many channels follow them. */
  readonly channels: number;
}
