/** Envelopes that are too large for a frame, in pieces. */
import type { Envelope } from '../../channel/envelope.js';
import { packItems, parseItems, type Piece } from './frame.js';
import type { TextCodec } from './transport.js';

/** Characters of a piece: small enough that what else is to be said over a slow way need not wait long. */
export const PIECE_LENGTH = 32 * 1024;

/** Cuts an envelope. Throws for what cannot be written, and for what takes more text than so much. */
export function cutEnvelope(envelope: Envelope, codec: TextCodec, mostLength: number): Piece[] {
  const [seq, value] = packItems([envelope]) as [Piece['seq'], unknown];
  const text = codec.write(value);
  const { length } = text;
  if (length > mostLength) throw new Error(`it takes ${length} bytes as text (\`maxMessageBytes\`: ${mostLength})`);
  const pieces: Piece[] = [];
  for (let at = 0, to; at < length; at = to) {
    to = endOfPiece(text, at);
    pieces.push({ seq, at, length, text: text.slice(at, to) });
  }
  return pieces;
}

/** Between the halves of a character no text may be cut: neither could be carried. */
function endOfPiece(text: string, at: number): number {
  const to = at + PIECE_LENGTH;
  const isHigh = (text.charCodeAt(to - 1) & 0xfc00) === 0xd800;
  return isHigh ? to - 1 : to;
}

/** Puts the pieces of an envelope together, of one at a time. */
export class Reassembly {
  private texts: string[] = [];
  private length = 0;

  /** How many pieces there are of an envelope that is not whole. */
  get pieces(): number {
    return this.texts.length;
  }

  /**
   * Adds the next piece. Throws for one that is not the next, or of an envelope that takes more text than so much, before
   * that is kept.
   *
   * @returns The envelope, once it is whole.
   */
  add({ seq, at, length, text }: Piece, codec: TextCodec, mostLength: number): Envelope | undefined {
    if (at !== this.length) throw new Error(`a piece from ${this.length} on was next, got one from ${at}`);
    if (length > mostLength) {
      throw new Error(`it sends one of ${length} bytes as text (\`maxMessageBytes\`: ${mostLength})`);
    }
    this.length += text.length;
    if (text === '' || this.length > length) throw new Error(`a piece of ${length} in all does not fit`);
    this.texts.push(text);
    if (this.length < length) return undefined;
    const whole = this.texts.join('');
    this.clear();
    return parseItems([seq, codec.read(whole)], 0)[0];
  }

  clear(): void {
    this.texts = [];
    this.length = 0;
  }
}
