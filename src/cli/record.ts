import { createWriteStream, type WriteStream } from 'node:fs';
import { createInspector, type InspectorOptions, type WatchedNetwork } from '../inspect/index.js';
import { RUN_HEADER, serializeEvents } from '../inspect/files.js';
import { UsageError } from './usage-error.js';

/** A recording that goes on. */
export interface Recording {
  /** Writes what is left, and stops. */
  stop(): Promise<void>;
}

/** Records on a file what happens in a network from now on. A disk that is slow is waited for; nothing is skipped. */
export function recordTo(
  path: string,
  network: WatchedNetwork,
  shown: Pick<InspectorOptions, 'scene' | 'stableProperties'>,
): Recording {
  const file = createWriteStream(path);
  const failed = new Promise<never>((_, reject) => {
    file.on('error', (error) => reject(new UsageError(`Expected to write "${path}", got: ${error.message}`)));
  });
  failed.catch(() => undefined);
  file.write(RUN_HEADER);
  const inspector = createInspector({ maxBuffered: Infinity, ...shown });
  inspector.watch(network);
  const connection = inspector.connect({ receive: (events) => write(file, serializeEvents(events)) });
  return {
    async stop() {
      await Promise.race([connection.flush(), failed]);
      connection.close();
      await Promise.race([new Promise<void>((resolve) => file.end(resolve)), failed]);
    },
  };
}

function write(file: WriteStream, text: string): void | Promise<void> {
  if (!file.write(text)) return new Promise((resolve) => file.once('drain', resolve));
}
