/** The names that the package exports: each means one thing, whichever entry it comes from. */
import { readFileSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import ts from 'typescript';
import { expect, it } from 'vitest';

const root = fileURLToPath(new URL('../../', import.meta.url));
const { exports, typedocOptions } = JSON.parse(readFileSync(`${root}package.json`, 'utf8')) as {
  exports: Record<string, string | { types: string }>;
  typedocOptions: { entryPoints: string[] };
};
const entries = Object.entries(exports).flatMap(([name, target]) =>
  typeof target === 'string' ? [] : [{ name, types: target.types.replace('./', '') }],
);

/** Of every exported name: what it stands for, by entry. */
function exportedNames(): Map<string, Map<string, ts.Symbol>> {
  const { NodeNext } = ts.ModuleKind;
  const files = entries.map(({ types }) => root + types);
  const program = ts.createProgram(files, { module: NodeNext, skipLibCheck: true, types: [] });
  const checker = program.getTypeChecker();
  const names = new Map<string, Map<string, ts.Symbol>>();
  for (const { name: entry, types } of entries) {
    const module = checker.getSymbolAtLocation(program.getSourceFile(root + types)!)!;
    for (const symbol of checker.getExportsOfModule(module)) {
      const meaning = symbol.flags & ts.SymbolFlags.Alias ? checker.getAliasedSymbol(symbol) : symbol;
      names.set(symbol.name, (names.get(symbol.name) ?? new Map<string, ts.Symbol>()).set(entry, meaning));
    }
  }
  return names;
}

it('no name means one thing in one entry and another in another', () => {
  const names = exportedNames();
  expect([...names.keys()]).toEqual(expect.arrayContaining(['createNetwork', 'GlobalSnapshot', 'explore']));
  const ambiguous = [...names].filter(([, meanings]) => new Set(meanings.values()).size > 1);
  expect(ambiguous.map(([name, meanings]) => `${name}: ${[...meanings.keys()].join(', ')}`)).toEqual([]);
});

it('every entry is documented', () => {
  const sources = entries.map(({ types }) => types.replace('dist/', '').replace('.d.ts', '.ts'));
  expect([...typedocOptions.entryPoints].sort()).toEqual(sources.sort());
});
