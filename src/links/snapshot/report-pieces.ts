/** Reports can be large: they travel in pieces. */
import type { Notice } from '../../channel/envelope.js';
import type { RecordedMessage } from '../../global-snapshot.js';
import type { Report } from '../../snapshot/local-snapshot.js';

/** Messages in one piece, so that the application's own come in between. */
const MESSAGES_PER_PIECE = 1000;

type Channels = Report['channels'];
/** Channel states in pieces of bounded size; a long one goes on in the next piece. */
export function piecesOf(channels: Channels): Channels[] {
  const pieces: [string, RecordedMessage[]][][] = [[]];
  let room = MESSAGES_PER_PIECE;
  for (const [id, messages] of channels) {
    let from = 0;
    do {
      if (room <= 0) {
        pieces.push([]);
        room = MESSAGES_PER_PIECE;
      }
      const piece = messages.slice(from, from + room);
      pieces.at(-1)!.push([id, piece]);
      from += piece.length;
      room -= Math.max(piece.length, 1);
    } while (from < messages.length);
  }
  return pieces;
}

type ReportNotice = Extract<Notice, { kind: 'report' }>;

/** Puts reports together again, whatever the order in which their pieces come. */
export class ReportReader {
  private readonly pieces = new Map<string, Map<number, ReportNotice>>();

  constructor(private readonly onReport: (report: Report) => void) {}

  add(notice: ReportNotice): void {
    const pieces = this.pieces.get(notice.process) ?? new Map<number, ReportNotice>();
    this.pieces.set(notice.process, pieces);
    if (notice.part < notice.parts) pieces.set(notice.part, notice);
    if (pieces.size < notice.parts) return;
    const sorted = [...pieces].sort(([a], [b]) => a - b).map(([, piece]) => piece);
    this.pieces.delete(notice.process);
    const { state, markers } = sorted[0]!;
    if (state === undefined) return;
    const channels = new Map<string, RecordedMessage[]>();
    for (const [id, messages] of sorted.flatMap((piece) => piece.channels)) {
      channels.set(id, [...(channels.get(id) ?? []), ...messages]);
    }
    this.onReport({
      process: notice.process,
      state,
      markers,
      channels: [...channels].filter(([id]) => id in state.received),
    });
  }

  clear(): void {
    this.pieces.clear();
  }
}
