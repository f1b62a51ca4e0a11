/**
 * A recorded run as text: a header, then lines of events, typed values kept. It is what the inspector's server sends too, so
 * a run cut off anywhere between two lines is a run.
 */
import { expected } from '../checks.js';
import { createLineReader, createLineWriter, linesOf } from '../file/line.js';
import { checkEvents } from './check-event.js';
import { INSPECTOR_VERSION, type InspectorEvent } from './protocol.js';

/** The first line. */
export const RUN_HEADER = `${JSON.stringify({ format: 'xstate-panorama run', version: INSPECTOR_VERSION })}\n`;

/** Events on one line at most. */
const EVENTS_PER_LINE = 500;

/** Serializes some events as a line, to be written after {@link RUN_HEADER}. Throws `not-recordable`. */
export function serializeEvents(events: readonly InspectorEvent[]): string {
  return createLineWriter()('events', events);
}

/** Serializes a whole run. Throws `not-recordable`. */
export function serializeRun(events: readonly InspectorEvent[]): string {
  const lines = [RUN_HEADER];
  for (let first = 0; first < events.length; first += EVENTS_PER_LINE) {
    lines.push(serializeEvents(events.slice(first, first + EVENTS_PER_LINE)));
  }
  return lines.join('');
}

/** Reads the lines of a run as they come in, and trusts nothing in them. */
export interface RunReader {
  /**
   * Takes one line without its line break. @returns Its events; none for the header.
   * @throws `invalid-file`, naming the line.
   */
  read(line: string): readonly InspectorEvent[];
}

/** Creates a {@link RunReader}. */
export function createRunReader(): RunReader {
  const read = createLineReader();
  let number = 0;
  return {
    read(text) {
      if (++number === 1) {
        checkHeader(text);
        return [];
      }
      return checkEvents(read({ number, text }), number);
    },
  };
}

/**
 * Parses a recorded run, and trusts nothing in it.
 *
 * @throws `invalid-file`, naming the line, for anything that no inspector wrote.
 */
export function parseRun(text: string): InspectorEvent[] {
  const reader = createRunReader();
  const events: InspectorEvent[] = [];
  for (const line of linesOf(text)) for (const event of reader.read(line.text)) events.push(event);
  if (events[0]?.type !== 'network.described') {
    const advice = 'Record it with `xstate-panorama run --record`, or save it from the inspector page.';
    expected("a run that begins with the network's description", events[0]?.type, advice, 'invalid-file');
  }
  return events;
}

/** Tells a recorded run from other files, by its first line. */
export function isRun(text: string): boolean {
  return /^\{"format":"xstate-panorama run"/.test(text);
}

function checkHeader(line: string): void {
  if (`${line}\n` === RUN_HEADER) return;
  const what = `a recorded run of version ${INSPECTOR_VERSION}, which begins with ${RUN_HEADER.trim()}`;
  expected(what, line, 'Read it with the library version that wrote it.', 'invalid-file');
}
