import { describe, expect, it } from 'vitest';
import type { SmallSystem } from '../../demos/runner/demo-types.js';
import { isAsPinned, printExplored } from '../../demos/runner/explore.js';
import { findDemos, loadDemo } from '../../demos/runner/find-demos.js';
import { createStage, type Language } from '../../demos/runner/stage.js';
import { collect } from './tell.js';

const quietly = { signal: new AbortController().signal, onProgress: () => undefined };

describe('npm run demo NAME explore', () => {
  it.each([
    ['token-ring', { states: 4, edges: 4, depth: 3, terminal: 0 }],
    ['never-happened', { states: 12, edges: 18, depth: 4, terminal: 0 }],
    ['philosophers', { states: 437, edges: 1_227, depth: 16, terminal: 2 }],
    ['paxos', { states: 64_306, edges: 259_891, depth: 26, terminal: 264 }],
  ])(
    '%s has so many states, and all that it claims of them holds',
    async (name, counts) => {
      const { small } = await loadDemo(name);
      const explored = await small!.explore(quietly);
      const { states, edges, depth, terminal } = explored;
      expect({ states, edges, depth, terminal }).toEqual(counts);
      expect(isAsPinned(small!, explored)).toBe(true);
      expect(isAsPinned({ ...small!, states: states + 1 }, explored)).toBe(false);
    },
    120_000,
  );

  it('is there for these alone', async () => {
    const able = [];
    for (const name of findDemos()) if ((await loadDemo(name)).small !== undefined) able.push(name);
    expect(able).toEqual(['never-happened', 'paxos', 'philosophers', 'token-ring']);
  });

  it.each(['en', 'zh'] as const)('prints the counts, the claims and the shortest ways: %s', async (language) => {
    const { small } = await loadDemo('philosophers');
    const text = print(language, small!, await small!.explore(quietly));
    expect(text).toMatch(
      language === 'en' ? /437 ✓[\s\S]*The shortest way to “a deadlock”/ : /437 ✓[\s\S]*“a deadlock”的最短路径/,
    );
    expect(text).toContain('3  │      │     ●       arendt has its timer');
  });

  it('says so when it was not as pinned', async () => {
    const { small } = await loadDemo('token-ring');
    const explored = await small!.explore(quietly);
    expect(print('en', { ...small!, states: 5 }, explored)).toContain('4 ✗');
    expect(print('en', small!, { ...explored, complete: false })).toContain('It was stopped before');
  });
});

function print(language: Language, small: SmallSystem, explored: Parameters<typeof isAsPinned>[1]): string {
  const { output, text } = collect();
  printExplored(createStage({ language, signal: quietly.signal, output }), small, explored);
  return text();
}
