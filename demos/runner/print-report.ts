import { clearLine, cursorTo } from 'node:readline';
import { isUpheld, type Report } from './check.js';
import type { Claims } from './define-demo.js';
import type { Stage } from './stage.js';

/** Failures that are shown. */
const MOST_FAILURES = 5;

/** Prints what came of a check. */
export function printReport(stage: Stage, name: string, claims: Claims, report: Report): void {
  const { runs, failures, sometimes } = report;
  const { color } = stage;
  const good = (text: string) => color.green(`${text} ✓`);
  const bad = (text: string) => color.red(`${text} ✗`);
  const always = Object.entries(claims.always).map(([fact, value]) => {
    const wrong = failures.filter((failure) => failure.fact === fact).length;
    const outcome = `${runs - wrong} / ${runs}`;
    return [fact, String(value), wrong === 0 ? good(outcome) : bad(outcome)];
  });
  const seen = Object.entries(sometimes).map(([fact, count]) => {
    const outcome = `${count} / ${runs}`;
    return [fact, stage.text({ en: 'sometimes', zh: '有时' }), count > 0 ? good(outcome) : bad(outcome)];
  });
  stage.table(
    [
      { en: 'what is claimed', zh: '结论' },
      { en: 'expected', zh: '预期' },
      { en: 'runs in which it was so', zh: '成立的次数' },
    ],
    [...always, ...seen],
  );
  for (const { seed, fact, expected, got } of failures.slice(0, MOST_FAILURES)) {
    stage.print(
      `seed ${seed}: expected "${fact}" to be ${expected}, got ${got}. Again: npm run demo ${name} check -- --seed ${seed}`,
    );
  }
  if (isUpheld(report)) {
    stage.say({
      en: `${runs} ${runs === 1 ? 'run' : 'runs'}: all that ${name} claims is so.`,
      zh: `运行 ${runs} 次：${name} 的结论全部成立。`,
    });
  } else {
    stage.say({ en: `${name} does not hold what it claims.`, zh: `${name} 的结论不成立。` });
  }
}

/** One line on a terminal that says how far a check is; nothing where nobody looks. */
export function createProgress() {
  const { stderr } = process;
  const clear = () => {
    if (!stderr.isTTY) return;
    clearLine(stderr, 0);
    cursorTo(stderr, 0);
  };
  return {
    show(done: number, of: number) {
      clear();
      if (stderr.isTTY) stderr.write(`${done} / ${of}`);
    },
    clear,
  };
}
