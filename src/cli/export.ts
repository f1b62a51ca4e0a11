import { readFileSync, writeFileSync } from 'node:fs';
import { Command, Option } from 'commander';
import { toSequenceDiagram, toShiviz, toStateDiagram, toSvg } from '../inspect/exports/index.js';
import { parseRun } from '../inspect/files.js';
import { isInspection, parseInspection } from '../inspect/import-inspection.js';
import { runOf, type Run } from '../inspect/run/index.js';
import { UsageError } from './usage-error.js';

const exporters = {
  shiviz: toShiviz,
  mermaid: toSequenceDiagram,
  svg: (run: Run) => toSvg(run),
  png: (run: Run) => toPng(toSvg(run)),
};

interface ExportOptions {
  readonly format: keyof typeof exporters;
  readonly machine?: string;
  readonly out?: string;
}

/** `export FILE`: a recorded run for other eyes. */
export function exportCommand(): Command {
  return new Command('export')
    .description('Write a recorded run for ShiViz, as a Mermaid diagram, or as an SVG or PNG picture.')
    .argument(
      '<file>',
      'a file of `run --record`, one saved from the inspector page, or lines of XState inspection events',
    )
    .addOption(new Option('--format <format>', 'what to write').choices(Object.keys(exporters)).makeOptionMandatory())
    .option('--machine <process>', 'with mermaid: the statechart of this process in place of the messages')
    .option('--out <file>', 'write it there (default: print it)')
    .action(async (file: string, options: ExportOptions) => {
      const text = read(file);
      const run = runOf(isInspection(text) ? parseInspection(text) : parseRun(text));
      const written = options.machine === undefined ? await exporters[options.format](run) : machineOf(run, options);
      if (options.out === undefined) process.stdout.write(written);
      else writeFileSync(options.out, written);
    });
}

/** The part of `@resvg/resvg-js` that is used. */
interface Painter {
  readonly Resvg: new (svg: string, options: object) => { render(): { asPng(): Uint8Array } };
}

/** The binary that paints a PNG is installed only by those who want one. */
async function toPng(svg: string): Promise<Uint8Array> {
  const name = '@resvg/resvg-js';
  const { Resvg } = await (import(name) as Promise<Painter>).catch((cause: unknown) => {
    const error = `Expected ${name}, which paints PNG pictures, got none. Run \`npm install ${name}\`, or use --format svg.`;
    throw new UsageError(error, { cause });
  });
  const font = { defaultFontFamily: 'DejaVu Sans', sansSerifFamily: 'DejaVu Sans' };
  return new Resvg(svg, { font, fitTo: { mode: 'zoom', value: 2 } }).render().asPng();
}

function machineOf(run: Run, { machine, format }: ExportOptions): string {
  if (format !== 'mermaid') throw new UsageError(`Expected --format mermaid with --machine, got ${format}.`);
  const { processes } = run.network;
  const found = processes.find(({ id }) => id === machine);
  if (found?.chart !== undefined) return toStateDiagram(found.chart);
  const machines = processes.filter(({ chart }) => chart !== undefined).map(({ id }) => id);
  throw new UsageError(
    `Expected --machine to be a process that runs a machine (${machines.join(', ')}), got "${machine!}".`,
  );
}

function read(file: string): string {
  try {
    return readFileSync(file, 'utf8');
  } catch (error) {
    throw new UsageError(`Expected a readable recorded run, got "${file}": ${(error as Error).message}`);
  }
}
