import { Command } from 'commander';
import { verifySnapshot, type GlobalSnapshot } from '../index.js';
import { readSnapshot } from './files.js';
import { brief, printable, table, toJson, verdictText } from './print.js';

/** `show FILE`: a snapshot for people. */
export function showCommand(): Command {
  return new Command('show')
    .description('Show what a snapshot file holds.')
    .argument('<file>', 'a snapshot file')
    .option('--json', 'the whole snapshot as JSON')
    .action((file: string, { json }: { json?: boolean }) => {
      const snapshot = readSnapshot(file);
      console.log(json ? toJson(snapshot) : describeSnapshot(snapshot));
    });
}

/** A snapshot as tables. */
export function describeSnapshot(snapshot: GlobalSnapshot): string {
  const { id, initiators, processes, channels, stats } = snapshot;
  const states = Object.entries(processes).map(([name, { snapshot: state, timers }]) => {
    const { value, context } = state as { value?: unknown; context?: unknown };
    return [name, state.status, brief(value ?? ''), brief(context ?? ''), timers.length];
  });
  const inFlight = Object.entries(channels).flatMap(([channel, { messages }]) =>
    messages.map(({ seq, event }) => [channel, seq, brief(event)]),
  );
  const verdict = verifySnapshot(snapshot);
  return [
    printable(`Snapshot ${id}, begun by ${initiators.join(', ')}: ${stats.markers} markers.`),
    table(['process', 'status', 'state', 'context', 'timers'], states),
    inFlight.length > 0 ? table(['channel', 'seq', 'message in flight'], inFlight) : 'Nothing in flight.',
    verdictText(verdict),
    ...(verdict.consistent ? [] : verdict.violations.map(({ message }) => printable(`  ${message}`))),
  ].join('\n');
}
