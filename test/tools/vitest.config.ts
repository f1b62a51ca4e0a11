import { fileURLToPath } from 'node:url';
import { defineConfig } from 'vitest/config';

export default defineConfig({
  root: fileURLToPath(new URL('../../', import.meta.url)),
  test: {
    include: ['test/**/*.test.ts'],
    testTimeout: 30_000,
    maxWorkers: 2, // many tests wait for programs and pages: vitest's own choice on two cores is one
    expect: { poll: { timeout: 10_000 } }, // a machine may be busy
  },
});
