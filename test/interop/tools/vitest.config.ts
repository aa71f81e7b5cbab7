/**
 * The interop suite, `npm run test:interop`: real tools, up to 10 hours after a login. `npm test` leaves it out,
 * because it needs the programs that install.sh installs.
 */
import { defineConfig } from 'vitest/config'

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
