import { Writable } from 'node:stream';
import type { Demo } from '../../demos/runner/define-demo.js';
import { createStage, type Language } from '../../demos/runner/stage.js';

/** Something to write to, and what was written. */
export function collect(): { readonly output: Writable; text(): string } {
  let written = '';
  const output = new Writable({
    write(chunk: Buffer, _encoding, done) {
      written += chunk.toString();
      done();
    },
  });
  return { output, text: () => written };
}

/** Tells a demo's story to nobody; gives what was written. On a terminal, if wished, of this many columns and rows. */
export async function tell(demo: Demo, language: Language, terminal?: readonly [number, number]): Promise<string> {
  const { output, text } = collect();
  if (terminal !== undefined) {
    Object.assign(output, { isTTY: true, columns: terminal[0], rows: terminal[1], hasColors: () => true });
  }
  await demo.tell(createStage({ language, signal: new AbortController().signal, output, frameMs: 0 }));
  return text();
}
