// Replaces the register 20 times, in a race with others, and prints the versions that it made. Runs on the built package.
import { createFileStore } from 'xstate-panorama/checkpoint/file-store';

const [, , directory, id] = process.argv;
const { register } = createFileStore({ directory });
for (let count = 0; count < 20;) {
  const version = (await register.read())?.version ?? 0;
  if (!(await register.replace(version, { id }))) continue;
  count++;
  console.log(version + 1);
}
