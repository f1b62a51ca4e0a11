/** The built page: one HTML file that loads nothing else. */
import { readFileSync } from 'node:fs';

interface PageHtml {
  readonly html: string;
  /** Its content security policy, the same as in its own head. */
  readonly policy: string;
}

let page: PageHtml | undefined;

/** The page as it was built. */
export function pageHtml(): PageHtml {
  if (page !== undefined) return page;
  const html = readFileSync(new URL('../page.html', import.meta.url), 'utf8');
  const policy = /http-equiv="Content-Security-Policy" content="([^"]+)"/.exec(html)?.[1] ?? "default-src 'none'";
  return (page = { html, policy: `${policy}; frame-ancestors 'none'` });
}

/**
 * The page with a recorded run or a snapshot inside: a file that can be sent to anybody and opened anywhere.
 *
 * @param text What `serializeRun` or `serializeSnapshot` wrote.
 */
export function pageWith(text: string): string {
  const safe = text.replace(/</g, '\\u003c'); // lines of JSON: the same when they are parsed
  return pageHtml().html.replace('<!-- run -->', () => `<script type="text/plain" id="run">${safe}</script>`);
}
