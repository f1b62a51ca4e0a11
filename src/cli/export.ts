import { readFileSync, writeFileSync } from 'node:fs';
import { Command, Option } from 'commander';
import { parseRun, runOf, toSequenceDiagram, toShiviz, toStateDiagram, toSvg, type Run } from '../inspect/index.js';
import { UsageError } from './usage-error.js';

const exporters = {
  shiviz: toShiviz,
  mermaid: toSequenceDiagram,
  svg: (run: Run) => toSvg(run),
};

interface ExportOptions {
  readonly format: keyof typeof exporters;
  readonly machine?: string;
  readonly out?: string;
}

/** `export FILE`: a recorded run for other eyes. */
export function exportCommand(): Command {
  return new Command('export')
    .description('Write a recorded run for ShiViz, as a Mermaid diagram, or as an SVG picture.')
    .argument('<file>', 'a file of `run --record`, or saved from the inspector page')
    .addOption(new Option('--format <format>', 'what to write').choices(Object.keys(exporters)).makeOptionMandatory())
    .option('--machine <process>', 'with mermaid: the statechart of this process in place of the messages')
    .option('--out <file>', 'write it there (default: print it)')
    .action((file: string, options: ExportOptions) => {
      const run = runOf(parseRun(read(file)));
      const text = options.machine === undefined ? exporters[options.format](run) : machineOf(run, options);
      if (options.out === undefined) process.stdout.write(text);
      else writeFileSync(options.out, text);
    });
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
