import { readdirSync, readFileSync } from 'node:fs';

const folder = new URL('../fixtures/', import.meta.url);

/** The texts of the snapshot files that earlier versions of the library wrote, by name. */
export function readFixtures(): ReadonlyMap<string, string> {
  const names = readdirSync(folder).filter((name) => name.endsWith('.snapshot'));
  return new Map(names.map((name) => [name, readFileSync(new URL(name, folder), 'utf8')]));
}
