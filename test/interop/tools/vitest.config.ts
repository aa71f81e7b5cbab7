import { defineConfig } from 'vitest/config'

// The interop suite, `npm run test:interop`: real tools, long after a login. It needs what install.sh makes, so `npm
// test` leaves it out.
export default defineConfig({
  test: {
    name: 'interop',
    include: ['test/interop/tools/*.test.ts'],
    setupFiles: ['test/support/setup.ts'],
    maxWorkers: 2,
    testTimeout: 300_000,
    hookTimeout: 120_000,
  },
})
