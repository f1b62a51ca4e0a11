/** Where demos tell their story: a terminal, or what the output is piped into. */
import { clearScreenDown, moveCursor } from 'node:readline';
import { setTimeout as sleep } from 'node:timers/promises';
import Table from 'cli-table3';
import picocolors from 'picocolors';
import type { Caption } from './demo-types.js';

export type Language = keyof Caption;

/** What a demo has to tell its story with. */
export interface Stage {
  readonly language: Language;
  /** Colours on a terminal that shows them; else functions that leave the text alone. */
  readonly color: ReturnType<typeof picocolors.createColors>;
  /** Aborts at Ctrl-C. */
  readonly signal: AbortSignal;
  /** Whether a person looks on: it is a terminal. */
  readonly isInteractive: boolean;
  /** A caption in the language of this run. */
  text(caption: Caption): string;
  /** Prints a caption. */
  say(caption: Caption): void;
  /** Prints what is the same in every language. */
  print(text: string): void;
  /** Prints a table; columns of numbers are aligned at the right. */
  table(head: readonly Caption[] | undefined, rows: readonly (readonly (string | number)[])[]): void;
  /**
   * Draws a moving picture's next frame over the one before it, and waits; on a terminal that is large enough.
   * Elsewhere frames are left out.
   *
   * @throws AbortError at Ctrl-C.
   */
  frame(picture: string): Promise<void>;
}

/** The language that the person's system asks for, when the demos speak it. */
export function systemLanguage(): Language {
  return Intl.DateTimeFormat().resolvedOptions().locale.startsWith('zh') ? 'zh' : 'en';
}

/** What a stage writes to, as `process.stdout`. */
export type Output = NodeJS.WritableStream &
  Partial<Pick<NodeJS.WriteStream, 'isTTY' | 'columns' | 'rows' | 'hasColors'>>;

/** How a story is told. */
export interface StageOptions {
  readonly language: Language;
  /** Ends the story early when it aborts. */
  readonly signal: AbortSignal;
  /** Default: standard output. */
  readonly output?: Output;
  /** How long a frame of a moving picture stays, in milliseconds; default 120. */
  readonly frameMs?: number;
}

/** Creates a stage. */
export function createStage({ language, signal, output = process.stdout, frameMs = 120 }: StageOptions): Stage {
  const { isTTY = false, columns = 80, rows = 24 } = output;
  const color = picocolors.createColors(output.hasColors?.() ?? false);
  let drawnLines = 0;
  const text = (caption: Caption) => caption[language];
  const print = (what: string) => {
    drawnLines = 0; // the last frame stays where it is
    output.write(`${what}\n`);
  };
  const hasRoomFor = (lines: readonly string[]) =>
    isTTY && lines.length < rows && lines.every((line) => plain(line).length <= columns);
  return {
    language,
    color,
    signal,
    isInteractive: isTTY,
    text,
    print,
    say: (caption) => print(text(caption)),
    table(head, rows) {
      const cells = rows.map((row) => row.map(String));
      const drawn = new Table({
        head: (head ?? []).map(text),
        colAligns: (cells[0] ?? []).map((_, column) =>
          cells.every((row) => NUMBER.test(plain(row[column]!))) ? 'right' : 'left',
        ),
        style: { head: [], border: [], compact: true },
      });
      drawn.push(...cells);
      print(drawn.toString());
    },
    async frame(picture) {
      signal.throwIfAborted();
      const lines = picture.split('\n');
      if (!hasRoomFor(lines)) return;
      moveCursor(output, 0, -drawnLines);
      clearScreenDown(output);
      output.write(`${picture}\n`);
      drawnLines = lines.length;
      await sleep(frameMs, undefined, { signal });
    },
  };
}

/** A text without its colours. */
const plain = (text: string) => text.replace(/\u001b\[\d+m/g, '');

/** What is aligned as a number. */
const NUMBER = /^[\d,]+( [✓✗])?$/;
