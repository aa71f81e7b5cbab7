import { defineConfig } from 'vitest/config'

// The built tool with Node for Windows, under Wine. It needs what `prepare` makes, so `npm test` leaves it out.
export default defineConfig({
  test: {
    name: 'windows',
    include: ['test/windows/*.test.ts'],
    setupFiles: ['test/support/setup.ts'],
    // One wineserver for all.
    fileParallelism: false,
    testTimeout: 180_000,
    hookTimeout: 180_000,
  },
})
