// Checks who imports whom, and that the checker saw the modules at all: with a wrong TypeScript it sees none and passes.
import { cruise } from 'dependency-cruiser';
import extractOptions from 'dependency-cruiser/config-utl/extract-depcruise-options';
import extractTsConfig from 'dependency-cruiser/config-utl/extract-ts-config';

const rules = new URL('dependency-rules.cjs', import.meta.url).pathname;
const options = await extractOptions(rules);
const { output, exitCode } = await cruise(['src', 'machines', 'demos'], { ...options, outputType: 'err' }, undefined, {
  tsConfig: extractTsConfig('tsconfig.json'),
});
const { output: all } = await cruise(['src', 'machines', 'demos'], { ...options, outputType: undefined });
const own = all.modules.filter(({ source }) => /^(src|machines|demos)\//.test(source)).length;
const edges = all.modules.flatMap(({ dependencies }) => dependencies).length;
console.log(output);
console.log(`import rules: ${own} modules, ${edges} imports`);
if (exitCode !== 0) process.exit(1);
if (own < 20 || edges < 40) {
  console.error(
    'Expected the import checker to see the modules of src, machines and demos, got too few. Is its TypeScript support broken?',
  );
  process.exit(1);
}
