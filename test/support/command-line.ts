import { spawn, spawnSync } from 'node:child_process';
import { mkdtempSync, readdirSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { afterAll } from 'vitest';

/** The root of the repository. */
export const root = fileURLToPath(new URL('../../', import.meta.url));
/** The built command line. */
export const main = join(root, 'dist/src/cli/main.js');

/** The built command line, in a folder of its own that is gone after the tests. */
export function createCommandLine() {
  const folder = mkdtempSync(join(root, 'test/.cli-'));
  afterAll(() => rmSync(folder, { recursive: true, force: true }));
  return {
    folder,
    /** Writes a file there. Returns its path. */
    write(name: string, text: string): string {
      writeFileSync(join(folder, name), text);
      return join(folder, name);
    },
    /** The files of a folder in it. */
    files: (name: string) => readdirSync(join(folder, name)).map((file) => join(folder, name, file)),
    run(...args: string[]) {
      const { status, stdout, stderr } = spawnSync(process.execPath, [main, ...args], {
        cwd: folder,
        encoding: 'utf8',
      });
      return { status, stdout, stderr };
    },
    /** Runs it and sends it Ctrl-C each time that what it has printed comes to hold the next of some texts. */
    async interrupt(args: readonly string[], ...texts: readonly string[]) {
      const child = spawn(process.execPath, [main, ...args], { cwd: folder });
      const awaited = [...texts];
      let printed = '';
      const look = (data: Buffer) => {
        printed += data.toString();
        while (awaited[0] !== undefined && printed.includes(awaited[0])) {
          awaited.shift();
          child.kill('SIGINT');
        }
      };
      child.stdout.on('data', look);
      child.stderr.on('data', look);
      const status = await new Promise<number | null>((resolve) => child.on('close', resolve));
      return { status, printed };
    },
  };
}
