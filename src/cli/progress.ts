import { clearLine, cursorTo } from 'node:readline';

/** One line on a terminal that says what is going on; nothing where nobody looks. */
export interface Progress {
  waiting(number: number): void;
  taking(number: number): void;
  clear(): void;
}

/** A line on a terminal that each text replaces; nothing where nobody looks. */
export function createProgressLine(isForPrograms: boolean): { show(text: string): void; clear(): void } {
  const { stderr } = process;
  const isShown = stderr.isTTY && !isForPrograms;
  const clear = () => {
    if (!isShown) return;
    clearLine(stderr, 0);
    cursorTo(stderr, 0);
  };
  const show = (text: string) => {
    clear();
    if (isShown) stderr.write(text);
  };
  return { show, clear };
}

/** Creates the progress line of a run. @param most How many snapshots are to be taken. */
export function createProgress(most: number, isForPrograms: boolean): Progress {
  const { show, clear } = createProgressLine(isForPrograms);
  const of = most === Infinity ? ' (Ctrl-C ends)' : ` of ${most}`;
  return {
    waiting: (number) => show(`running … next: snapshot ${number}${of}`),
    taking: (number) => show(`taking snapshot ${number}${of} …`),
    clear,
  };
}
