import { readFileSync } from 'node:fs';
import { describe, expect, it } from 'vitest';
import { findDemos } from '../../demos/runner/find-demos.js';

describe.each(['README.md', 'README.zh.md'])('demos/%s', (name) => {
  it('has one table of the demos, with each of them once', () => {
    const page = readFileSync(`demos/${name}`, 'utf8');
    const rows = Array.from(page.matchAll(/^\| \[(.+?)\]\((.+?)\) +\| \S/gm), ([, demo, folder]) => [demo, folder]);
    expect(rows.map(([demo]) => demo).sort()).toEqual(findDemos());
    expect(rows.filter(([demo, folder]) => demo !== folder)).toEqual([]);
  });
});
