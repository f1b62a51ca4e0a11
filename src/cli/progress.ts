import { clearLine, cursorTo } from 'node:readline';

/** One line on a terminal that says what is going on; nothing where nobody looks. */
export interface Progress {
  waiting(number: number): void;
  taking(number: number): void;
  clear(): void;
}

/** Creates the progress line. @param most How many snapshots are to be taken. */
export function createProgress(most: number, isForPrograms: boolean): Progress {
  const { stderr } = process;
  const isShown = stderr.isTTY && !isForPrograms;
  const of = most === Infinity ? ' (Ctrl-C ends)' : ` of ${most}`;
  const clear = () => {
    if (!isShown) return;
    clearLine(stderr, 0);
    cursorTo(stderr, 0);
  };
  const show = (text: string) => {
    clear();
    if (isShown) stderr.write(text);
  };
  return {
    waiting: (number) => show(`running … next: snapshot ${number}${of}`),
    taking: (number) => show(`taking snapshot ${number}${of} …`),
    clear,
  };
}
