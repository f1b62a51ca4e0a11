/** Frames as text, for links that carry text: `Map`, `Set`, `Date`, `BigInt` and cycles kept, damage noticed. */
import { messageOf, PanoramaError } from '../errors.js';
import { createLineReader, createLineWriter } from '../file/line.js';
import type { Data, Frame } from '../links/session/frame.js';
import type { TextCodec } from '../links/session/transport.js';

/** Hexadecimal digits of the checksum that a text begins with. */
const DIGITS = 8;
/** Characters that are summed at a time, and a place for them as UTF-8. */
const BLOCK = 16 * 1024;
const encoder = /* @__PURE__ */ new TextEncoder();
const bytes = /* @__PURE__ */ new Uint8Array(3 * BLOCK);
const words = /* @__PURE__ */ new Int32Array(bytes.buffer);

/** How envelopes become text that is cut into pieces. */
export const textCodec: TextCodec = {
  write: (value) => createLineWriter()('message', value),
  read: (text) => createLineReader()({ number: 1, text }),
};

/**
 * Writes a frame as text: a checksum, a line, and behind that, as it is, the text of a piece if there is one. Throws
 * `not-recordable`, naming the path, for what cannot be carried.
 */
export function encodeFrame(frame: Frame): string {
  const { piece } = frame as Data;
  const head = piece === undefined ? frame : { ...frame, piece: { ...piece, text: '' } };
  const text = createLineWriter()('frame', head) + (piece?.text ?? '');
  return checksum(text) + text;
}

/** Reads a text that is a frame, or may be anything. Throws `invalid-envelope`. */
export function decodeFrame(data: unknown): unknown {
  try {
    if (typeof data !== 'string') throw new Error('something that is no text');
    const text = data.slice(DIGITS);
    if (data.slice(0, DIGITS) !== checksum(text)) throw new Error('a wrong checksum');
    const end = text.indexOf('\n') + 1 || text.length;
    const frame = createLineReader()({ number: 1, text: text.slice(0, end) });
    const { piece } = (frame ?? {}) as { readonly piece?: object };
    return piece === undefined ? frame : { ...(frame as object), piece: { ...piece, text: text.slice(end) } };
  } catch (error) {
    throw new PanoramaError('invalid-envelope', `Expected a frame as it was sent, got ${messageOf(error)}.`, {
      cause: error,
    });
  }
}

/**
 * A sum of a text, by four bytes of its UTF-8 at a time: each word decides all that comes after it, so no change within one
 * goes unnoticed, and others once in 2³². TCP sums too, and this costs next to nothing; what lies between may not be TCP alone.
 */
function checksum(text: string): string {
  let sum = text.length;
  for (let from = 0; from < text.length; from += BLOCK) {
    const { written } = encoder.encodeInto(text.slice(from, from + BLOCK), bytes);
    const count = Math.ceil(written / 4);
    bytes.fill(0, written, 4 * count);
    for (let index = 0; index < count; index++) {
      sum = Math.imul(sum ^ words[index]!, 0x9e3779b1);
      sum ^= sum >>> 15;
    }
  }
  return (sum >>> 0).toString(16).padStart(DIGITS, '0');
}
