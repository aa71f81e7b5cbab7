/** Login, status and logout on the file layouts of other tools, copied from their READMEs. */
import { readdirSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { describe, expect, it } from 'vitest'
import { needsProgram } from '../support/outside-program.ts'
import { SEED_WORLDS, seedFiles } from '../support/seed-worlds.ts'
import { openSandbox } from '../support/sandbox.ts'
import { parseTranscript, runTranscript } from '../support/transcript.ts'

const FOLDER = fileURLToPath(new URL('seeds', import.meta.url))

describe.skipIf(process.platform === 'win32' || !needsProgram('python3'))(
  'file layouts of other tools, as in their READMEs',
  () => {
    it('each have a transcript', () => {
      expect(readdirSync(FOLDER).toSorted()).toEqual(
        Object.keys(SEED_WORLDS)
          .map((name) => `${name}.txt`)
          .toSorted(),
      )
    })

    it.concurrent.each(Object.entries(SEED_WORLDS))('%s: login, status, logout', async (name, world) => {
      const sandbox = await openSandbox(world, { files: seedFiles(name) })
      try {
        expect(
          await runTranscript(parseTranscript(readFileSync(join(FOLDER, `${name}.txt`), 'utf8')), sandbox.world),
        ).toEqual([])
      } finally {
        await sandbox.close()
      }
    })
  },
)
