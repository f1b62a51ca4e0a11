/** What the package exports: each name means one thing, whichever entry it comes from; options may be undefined, and no type is any. */
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

const program = ts.createProgram(
  entries.map(({ types }) => root + types),
  { module: ts.ModuleKind.NodeNext, strict: true, exactOptionalPropertyTypes: true, skipLibCheck: true, types: [] },
);
const checker = program.getTypeChecker();

/** Of every exported name: what it stands for, by entry. */
function exportedNames(): Map<string, Map<string, ts.Symbol>> {
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

/** What somebody gives as options: types of that name, and what functions take under it. */
function optionTypes(): Map<string, ts.Type> {
  const types = new Map<string, ts.Type>();
  for (const [name, meanings] of exportedNames()) {
    for (const symbol of meanings.values()) {
      if (name.endsWith('Options')) types.set(name, checker.getDeclaredTypeOfSymbol(symbol));
      if (!(symbol.flags & ts.SymbolFlags.Value)) continue;
      for (const signature of checker.getTypeOfSymbol(symbol).getCallSignatures()) {
        for (const parameter of signature.parameters) {
          const type = checker.getTypeOfSymbol(parameter);
          const isLiteral = checker.getNonNullableType(type).symbol?.flags & ts.SymbolFlags.TypeLiteral;
          if (isLiteral || /options/i.test(parameter.name)) types.set(`${name}()`, type);
        }
      }
    }
  }
  return types;
}

it('every option may be given as undefined', () => {
  const isOurs = ({ parent }: ts.Declaration) => parent.getSourceFile().fileName.startsWith(`${root}dist/`);
  const mayNot = ({ flags, declarations = [] }: ts.Symbol) =>
    (flags & ts.SymbolFlags.Optional) !== 0 &&
    declarations.some(
      (property) =>
        isOurs(property) &&
        ts.isPropertySignature(property) &&
        property.questionToken !== undefined &&
        !/\bundefined$/.test(property.type!.getText()),
    );
  const options = optionTypes();
  expect([...options.keys()]).toEqual(expect.arrayContaining(['InspectorOptions', 'SimulationOptions', 'traffic()']));
  const narrow = [...options].flatMap(([name, type]) =>
    checker
      .getPropertiesOfType(checker.getNonNullableType(type))
      .filter(mayNot)
      .map((property) => `${name}: ${property.name}`),
  );
  expect(narrow).toEqual([]);
});

it('no declaration says any', () => {
  const sources = program.getSourceFiles().filter(({ fileName }) => fileName.startsWith(`${root}dist/`));
  expect(sources.length).toBeGreaterThan(entries.length);
  const saying = sources.filter((source) => hasAny(source)).map(({ fileName }) => fileName.slice(root.length));
  expect(saying).toEqual([]);
});

const hasAny = (node: ts.Node): boolean =>
  node.kind === ts.SyntaxKind.AnyKeyword || ts.forEachChild(node, hasAny) === true;

it('every entry is documented', () => {
  const sources = entries.map(({ types }) => types.replace('dist/', '').replace('.d.ts', '.ts'));
  expect([...typedocOptions.entryPoints].sort()).toEqual(sources.sort());
});
