/** Frames as text, for links that carry text: `Map`, `Set`, `Date`, `BigInt` and cycles kept, damage noticed. */
import { messageOf, PanoramaError } from '../errors.js';
import { createLineReader, createLineWriter } from '../file/line.js';
import type { Frame } from '../links/session/frame.js';

/** Hexadecimal digits of the checksum that a text begins with. */
const DIGITS = 8;

/** Writes a frame as text. Throws `not-recordable`, naming the path, for what cannot be carried. */
export function encodeFrame(frame: Frame): string {
  const text = createLineWriter()('frame', frame);
  return checksum(text) + text;
}

/** Reads a text that is a frame, or may be anything. Throws `invalid-envelope`. */
export function decodeFrame(data: unknown): unknown {
  try {
    if (typeof data !== 'string') throw new Error('something that is no text');
    const text = data.slice(DIGITS);
    if (data.slice(0, DIGITS) !== checksum(text)) throw new Error('a wrong checksum');
    return createLineReader()({ number: 1, text });
  } catch (error) {
    throw new PanoramaError('invalid-envelope', `Expected a frame as it was sent, got ${messageOf(error)}.`, {
      cause: error,
    });
  }
}

/** CRC-32 of a text's code units: the usual polynomial, reflected. */
function checksum(text: string): string {
  let crc = -1;
  for (let index = 0; index < text.length; index++) {
    const unit = text.charCodeAt(index);
    crc = TABLE[(crc ^ unit) & 0xff]! ^ (crc >>> 8);
    if (unit > 0xff) crc = TABLE[(crc ^ (unit >>> 8)) & 0xff]! ^ (crc >>> 8);
  }
  return (~crc >>> 0).toString(16).padStart(DIGITS, '0');
}

const TABLE = /* @__PURE__ */ Uint32Array.from({ length: 256 }, (_, byte) => {
  let crc = byte;
  for (let bit = 0; bit < 8; bit++) crc = crc & 1 ? (crc >>> 1) ^ 0xedb88320 : crc >>> 1;
  return crc;
});
