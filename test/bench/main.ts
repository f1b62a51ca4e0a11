/** `npm run bench`: ratios measured side by side in one run, and no verdict. Give names to run some: weight throughput mesh links pause scale detect recovery explore simulation inspect algorithms. */
import picocolors from 'picocolors';
import { algorithms } from './algorithms.js';
import { detect } from './detect.js';
import { exploration } from './explore.js';
import { inspection } from './inspect.js';
import { links } from './links.js';
import { mesh } from './mesh.js';
import { pause } from './pause.js';
import { recovery } from './recovery.js';
import { scale } from './scale.js';
import { simulation } from './simulation.js';
import { throughput } from './throughput.js';
import { weight } from './weight.js';

const color = picocolors.createColors(process.stdout.hasColors?.() ?? false);
const all = {
  weight,
  throughput,
  mesh,
  links,
  pause,
  scale,
  detect,
  recovery,
  explore: exploration,
  simulation,
  inspect: inspection,
  algorithms,
};
const asked = process.argv.slice(2);
for (const [name, bench] of Object.entries(all)) {
  if (asked.length > 0 && !asked.includes(name)) continue;
  console.log(color.bold(`\n${name}`));
  await bench();
}
process.exit();
