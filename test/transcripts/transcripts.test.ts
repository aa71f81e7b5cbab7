/** Runs every transcript in this folder against the built tool. */
import { readdirSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { describe, expect, it } from 'vitest'
import { needsProgram } from '../support/outside-program.ts'
import { aliceWorld } from '../support/strict-sts/worlds.ts'
import { isExecutable } from '../support/run-cli.ts'
import { openSandbox } from '../support/sandbox.ts'
import { parseTranscript, runTranscript } from '../support/transcript.ts'

const FOLDER = fileURLToPath(new URL('.', import.meta.url))
/** Some change Node's clock through NODE_OPTIONS, which the executable does not read. */
const isForNodeAlone = (name: string): boolean => readFileSync(join(FOLDER, name), 'utf8').includes('NODE_OPTIONS')
const transcripts = readdirSync(FOLDER).filter(
  (name) => name.endsWith('.txt') && !(isExecutable && isForNodeAlone(name)),
)

describe.skipIf(process.platform === 'win32' || !needsProgram('python3'))('transcripts of the built tool', () => {
  it.concurrent.each(transcripts)('%s', async (name) => {
    const sandbox = await openSandbox(aliceWorld())
    try {
      const steps = parseTranscript(readFileSync(join(FOLDER, name), 'utf8'))
      expect(steps.some(({ kind }) => kind === 'command')).toBe(true)
      expect(await runTranscript(steps, sandbox.world)).toEqual([])
    } finally {
      await sandbox.close()
    }
  })
})
