/** What a cut of one's own is: consistent, or broken, and by which message. */
import { nameOf } from '../run/describe-step.js';
import { goTo, ownCut, ownVerdict } from './store.js';
import { count } from './words.js';

/** The verdict on one's own cut; nothing when there is none. */
export function CutVerdictLine() {
  const verdict = ownVerdict.value;
  if (ownCut.value === undefined || verdict === undefined) return null;
  const { isConsistent, inFlight, violations } = verdict;
  const [first] = violations;
  return (
    <p class={`verdict own ${isConsistent ? 'good' : 'bad'}`} role="status" data-testid="own-verdict">
      <b>{isConsistent ? '✓ Your cut is consistent' : '✗ Your cut is inconsistent'}</b>
      {first === undefined ? (
        <span>{count(inFlight.length, 'message')} in flight across it: this state could have been recorded.</span>
      ) : (
        <span>
          {first.to} has received {nameOf(first)}, which {first.from} has not sent yet.
          {violations.length > 1 ? ` So it is with ${count(violations.length - 1, 'other message')}.` : ''}{' '}
          {first.received === undefined ? null : (
            <button class="link" onClick={() => goTo(first.received!.index)}>
              Show it
            </button>
          )}
        </span>
      )}
    </p>
  );
}
