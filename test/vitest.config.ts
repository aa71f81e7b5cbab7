/** Vitest projects: `fast` runs in one process; `system` starts the built tool and real programs. */
import { defineConfig } from 'vitest/config'
import type { Plugin } from 'vitest/config'

// fast: pure code and single adapters; runs on every supported version of Node.
// system: the built tool, with real files, terminals, processes and faults.
/** Whether the standalone executable is tested, which `npm test` does not build; see test/support/run-cli.ts. */
const isExecutable = process.env['AWSMFA_TEST_PRODUCT'] === 'executable'
const setupFiles = ['test/support/setup.ts']

/** Loads the code for each shell as a string, as scripts/build.mjs does. */
const shellCode: Plugin = {
  name: 'shell-code',
  transform: (text, id) => (/\.(?:bash|fish|ps1|zsh)$/.test(id) ? `export default ${JSON.stringify(text)}` : undefined),
}

export default defineConfig({
  test: {
    // Most tests wait for processes they started, so more workers than cores are busy. A limit is there to end what
    // hangs, not to measure: on a loaded machine starting ten processes takes seconds.
    maxWorkers: 4,
    projects: [
      {
        plugins: [shellCode],
        test: {
          name: 'fast',
          include: ['test/**/*.test.ts'],
          exclude: ['test/{transcripts,shells,faults,interop,packaging,executable,windows}/**'],
          setupFiles,
          testTimeout: 240_000,
          hookTimeout: 60_000,
        },
      },
      {
        plugins: [shellCode],
        test: {
          name: 'system',
          include: ['test/{transcripts,shells,faults,interop,packaging,executable}/**/*.test.ts'],
          // The interop suite has a configuration of its own: it takes tools that `npm test` does without.
          exclude: ['test/interop/tools/**', ...(isExecutable ? [] : ['test/executable/**'])],
          globalSetup: ['test/support/count-runs.ts'],
          setupFiles,
          testTimeout: 240_000,
          hookTimeout: 60_000,
        },
      },
    ],
  },
})
