/** What a viewer asks for, as text that is not trusted. */
import { expected, isObject } from '../checks.js';
import { parseSnapshot } from '../file/index.js';
import type { ViewerCommand } from './protocol.js';

/**
 * Parses a command: JSON; that to restore has the text of a snapshot file in `file`.
 *
 * @throws `invalid-argument` for anything else; `invalid-file` when the file is none.
 */
export function parseCommand(text: string): ViewerCommand {
  let command: unknown;
  try {
    command = JSON.parse(text);
  } catch {
    return expected('a command as JSON', text);
  }
  if (!isObject(command)) return expected('a command', command);
  const { type, initiators, speed, channel, seed, file } = command;
  switch (type) {
    case 'snapshot.take':
      if (initiators === undefined) return { type };
      if (Array.isArray(initiators) && initiators.every((id) => typeof id === 'string')) return { type, initiators };
      return expected('`initiators` to be a list of ids', initiators);
    case 'playback.play':
    case 'playback.pause':
      return { type };
    case 'playback.speed':
      return typeof speed === 'number' ? { type, speed } : expected('`speed` to be a number', speed);
    case 'playback.step':
      if (channel === undefined) return { type };
      return typeof channel === 'string' ? { type, channel } : expected('`channel` to be an id', channel);
    case 'network.restart':
      if (seed === undefined) return { type };
      return Number.isSafeInteger(seed)
        ? { type, seed: seed as number }
        : expected('`seed` to be a whole number', seed);
    case 'network.restore':
      return { type, snapshot: parseSnapshot(String(file)) };
    default:
      return expected('a command of the inspector protocol', type);
  }
}
