import { chmodSync, readdirSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { describe, expect, it } from 'vitest'
import { needsProgram } from '../support/outside-program.ts'
import { BUILT_CLI } from '../support/run-cli.ts'
import { startStrictSts } from '../support/strict-sts/client.ts'
import type { StrictSts } from '../support/strict-sts/client.ts'
import { aliceWorld, keyIdFor, secretFor, virtualDevice } from '../support/strict-sts/worlds.ts'
import { createTempHome } from '../support/temp-home.ts'
import type { TempHome } from '../support/temp-home.ts'
import { parseTranscript, runTranscript } from '../support/transcript.ts'
import type { TranscriptWorld } from '../support/transcript.ts'

const FOLDER = fileURLToPath(new URL('.', import.meta.url))
const ALICE = virtualDevice('111111111111', 'alice').serial
/** STS takes the codes of three steps at any time, each once (RFC 6238, 5.2, allows the one before and after). */
const STEPS = [-1, 0, 1]
const STEPS_MS = STEPS.length * 30_000

/** Gives alice's next code that was not used yet; when the three of now are spent, the server's clock moves on. */
function unusedCodes(sts: StrictSts): () => Promise<string> {
  let used = 0
  return async () => {
    const round = Math.floor(used / STEPS.length)
    if (used > 0 && used % STEPS.length === 0) await sts.configure({ clockOffsetMs: round * STEPS_MS })
    const code = sts.code(ALICE, STEPS[used % STEPS.length])
    used += 1
    return code
  }
}

/** The built tool is on PATH as `awsmfa`, and talks to the strict STS. */
function worldOf(home: TempHome, sts: StrictSts): TranscriptWorld {
  home.write('.bin/awsmfa', `#!/bin/sh\nexec '${process.execPath}' '${BUILT_CLI}' "$@"\n`)
  chmodSync(join(home.path, '.bin/awsmfa'), 0o755)
  const environment = home.environment(sts.environment())
  return {
    home,
    environment: { ...environment, PATH: `${join(home.path, '.bin')}:${environment['PATH'] ?? ''}` },
    variables: {
      code: unusedCodes(sts),
      'wrong-code': () => '000000',
      'alice-key': () => keyIdFor('111111111111', 1),
      'alice-secret': () => secretFor('arn:aws:iam::111111111111:user/alice'),
      home: () => home.path,
    },
  }
}

const transcripts = readdirSync(FOLDER).filter((name) => name.endsWith('.txt'))

describe.skipIf(process.platform === 'win32' || !needsProgram('python3'))('what a person does and sees', () => {
  it.concurrent.each(transcripts)('%s', async (name) => {
    const home = createTempHome()
    const sts = await startStrictSts(aliceWorld())
    try {
      const steps = parseTranscript(readFileSync(join(FOLDER, name), 'utf8'))
      expect(steps.some(({ kind }) => kind === 'command')).toBe(true)
      expect(await runTranscript(steps, worldOf(home, sts))).toEqual([])
    } finally {
      await sts.stop()
      home.remove()
    }
  })
})
