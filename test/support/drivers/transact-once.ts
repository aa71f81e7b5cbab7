/**
 * Runs one transaction on scratch files, in a separate process:
 *   transact-once.cjs <credentials file> <config file> <section> [both] [remove] [preflight] [wait=<ms>]
 * Appends the section to the credentials file (with `both`, also to the config file). With `remove`, deletes everything
 * from its header to the end. With `preflight`, runs that first. Prints the outcome or the failure as one line of JSON.
 * Exits with 1 for an AwsmfaError.
 */
import { writeSync } from 'node:fs'
import { createSharedFiles } from '../../../src/aws-files/shared-files.ts'
import { AwsmfaError } from '../../../src/model/failure.ts'
import type { FileSnapshot, SharedSnapshots } from '../../../src/aws-files/profiles.ts'
import type { ByteEdit } from '../../../src/aws-files/ini-document.ts'

const [credentials = '', config = '', section = '', ...rest] = process.argv.slice(2)
const lockWaitMs = Number(rest.find((word) => word.startsWith('wait='))?.slice('wait='.length) ?? 10_000)
const files = createSharedFiles({ paths: { credentials, config }, lockWaitMs })

const editsOf = ({ text }: FileSnapshot): readonly ByteEdit[] => {
  const header = `[${section}]\n`
  const offset = text.indexOf(header)
  if (rest.includes('remove')) return offset < 0 ? [] : [{ offset, length: text.length - offset, content: '' }]
  return text.includes(header)
    ? []
    : [{ offset: text.length, length: 0, content: `${header}aws_session_token = ${'x'.repeat(200)}\n` }]
}

try {
  files.read()
  const isBoth = rest.includes('both')
  if (rest.includes('preflight')) files.preflight(['credentials'])
  const outcome = files.transact(
    isBoth ? ['credentials', 'config'] : ['credentials'],
    (snapshots: SharedSnapshots) => ({
      edits: { credentials: editsOf(snapshots.credentials), ...(isBoth ? { config: editsOf(snapshots.config) } : {}) },
      result: 'done',
    }),
  )
  writeSync(1, `${JSON.stringify(outcome)}\n`)
} catch (error) {
  if (!(error instanceof AwsmfaError)) throw error
  writeSync(1, `${JSON.stringify(error.failure)}\n`)
  process.exitCode = 1
}
