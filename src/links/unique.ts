import { parseId } from '../checks.js';
import { randomId, REAL_HOST } from '../host.js';

/**
 * Makes an id of a process's own, for programs that are started more than once side by side: pages that are duplicated, say.
 * A page that is loaded anew has another one.
 *
 * @param prefix What it begins with, for people: `tab` gives `tab-…`.
 * @throws `invalid-argument` for what no id can begin with.
 */
export function unique(prefix: string): string {
  return `${parseId(prefix)}-${randomId(REAL_HOST).slice(0, 12)}`;
}
