import { readdirSync, readFileSync } from 'node:fs';
import { describe, expect, it } from 'vitest';

const read = (path: string) => readFileSync(path, 'utf8');
const page = read('docs/traps.md');
const sections = page.split(/^## /m).slice(1);

/** The anchor that GitHub gives to a heading. */
const anchorOf = (heading: string) => heading.toLowerCase().replaceAll(' ', '-');
const anchors = sections.map((section) => anchorOf(section.split('\n', 1)[0]!));

const sources = ['src', 'machines', 'test', 'demos'].flatMap((folder) =>
  readdirSync(folder, { encoding: 'utf8', recursive: true })
    .filter((path) => /\.(ts|tsx|mjs|cjs)$/.test(path) && !/(^|\/)(node_modules|dist)\//.test(path))
    .map((path) => `${folder}/${path}`),
);
const citedBy = (path: string) => Array.from(read(path).matchAll(/docs\/traps\.md#([\w-]+)/g), ([, anchor]) => anchor!);

describe('docs/traps.md', () => {
  it('has every trap that a comment cites, and none is cited by a number', () => {
    const cited = sources.flatMap(citedBy);
    expect(cited.length).toBeGreaterThan(20);
    expect(cited.filter((anchor) => !anchors.includes(anchor))).toEqual([]);
    expect(sources.filter((path) => /\btrap \d/i.test(read(path)))).toEqual([]);
  });

  it.each(sections.map((section, index) => [anchors[index]!, section]))(
    '%s: says all there is to say, and names tests that cite it',
    (anchor, section) => {
      const parts = ['What goes wrong', 'How it shows', 'What the library does', 'Tests'];
      expect(Array.from(section.matchAll(/\*\*(.+?)\.\*\*/g), ([, part]) => part)).toEqual(parts);
      const tests = Array.from(section.matchAll(/\]\(\.\.\/(test\/.+?)\)/g), ([, path]) => path!);
      expect(tests.length).toBeGreaterThan(0);
      for (const path of tests) expect(citedBy(path)).toContain(anchor);
    },
  );

  it('has the same traps in Chinese, under the same anchors', () => {
    const chinese = Array.from(read('docs/traps.zh.md').matchAll(/^<a id="([\w-]+)"><\/a>\n\n## /gm), ([, id]) => id);
    expect(chinese).toEqual(anchors);
  });
});
