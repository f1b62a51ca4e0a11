import { clearLine, cursorTo } from 'node:readline';

/** One line on a terminal that says what is going on; nothing when the output is no terminal. */
export interface StatusLine {
  show(text: string): void;
  clear(): void;
}

/** Creates the status line of a long work. */
export function createStatusLine(isForPrograms: boolean): StatusLine {
  const { stderr } = process;
  const isShown = stderr.isTTY && !isForPrograms;
  const clear = () => {
    if (!isShown) return;
    clearLine(stderr, 0);
    cursorTo(stderr, 0);
  };
  return {
    show(text) {
      clear();
      if (isShown) stderr.write(text);
    },
    clear,
  };
}

/** How far a series of snapshots is. */
export interface Progress {
  waiting(number: number): void;
  taking(number: number): void;
  clear(): void;
}

/** Creates the progress line. @param most How many snapshots are to be taken. */
export function createProgress(most: number, isForPrograms: boolean): Progress {
  const { show, clear } = createStatusLine(isForPrograms);
  const of = most === Infinity ? ' (Ctrl-C ends)' : ` of ${most}`;
  return {
    waiting: (number) => show(`running … next: snapshot ${number}${of}`),
    taking: (number) => show(`taking snapshot ${number}${of} …`),
    clear,
  };
}
