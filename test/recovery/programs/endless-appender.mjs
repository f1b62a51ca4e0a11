// Appends one input after the other, several at once, until the log is another's; tells which are safe. Runs on the built package.
import { createFileInputStore } from 'xstate-panorama/recovery/file-input-store';

const store = createFileInputStore({ path: process.argv[2] });
for (let n = 1; ; n += 3) {
  const appended = [n, n + 1, n + 2].map((n) => store.append({ type: 'N', n }).then(() => process.send(n)));
  try {
    await Promise.all(appended);
  } catch (error) {
    process.send(error.code, () => process.exit());
    break;
  }
}
