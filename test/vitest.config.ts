import { defineConfig } from 'vitest/config'

// fast: pure code and single adapters; runs on every supported Node.
// system: the built tool as a person runs it, with real files, terminals, processes and faults.
const setupFiles = ['test/support/setup.ts']
export default defineConfig({
  test: {
    projects: [
      { test: { name: 'fast', include: ['test/{core,flows,commands,render,adapters,cli,contracts}/**/*.test.ts'], setupFiles } },
      { test: { name: 'system', include: ['test/{transcripts,faults,interop,packaging}/**/*.test.ts'], setupFiles, testTimeout: 120_000, hookTimeout: 60_000 } },
    ],
  },
})
