/** Colours for what is painted: the style sheet's own, read from it. */
import { SNAPSHOT_COLORS } from '../run/space-time.js';
import { run, theme } from './store.js';

/** The colours of the page, by their names in the style sheet. */
export interface Ink {
  readonly text: string;
  readonly muted: string;
  readonly line: string;
  readonly message: string;
  readonly paper: string;
  readonly bad: string;
  readonly accent: string;
  readonly sky: string;
}

let ink: Ink | undefined;

/** The page's ink of the moment. */
export function inkNow(): Ink {
  if (ink !== undefined) return ink;
  const style = getComputedStyle(document.documentElement);
  const of = (name: string) => style.getPropertyValue(`--${name}`).trim();
  return (ink = {
    ...{ text: of('text'), muted: of('muted'), line: of('line'), message: of('message') },
    ...{ paper: of('paper'), bad: of('bad'), accent: of('accent'), sky: of('sky') },
  });
}

/** The colour of a snapshot. */
export function colorOf(snapshotId: string | undefined): string {
  const number = snapshotId === undefined ? 0 : (run.snapshots.get(snapshotId)?.number ?? 0);
  return SNAPSHOT_COLORS[number % SNAPSHOT_COLORS.length]![theme.value];
}

/** Chooses light or dark. */
export function setTheme(next: 'light' | 'dark'): void {
  document.documentElement.dataset.theme = next;
  ink = undefined;
  theme.value = next;
}

/** Follows the system until a choice is made. */
export function followSystem(): void {
  const isDark = matchMedia('(prefers-color-scheme: dark)');
  setTheme(isDark.matches ? 'dark' : 'light');
  isDark.addEventListener('change', () => setTheme(isDark.matches ? 'dark' : 'light'));
}
