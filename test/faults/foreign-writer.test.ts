/**
 * Other programs that write to the credentials file in place and without a lock, as the AWS CLI does, while awsmfa
 * writes.
 */
import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { closeSync, openSync, utimesSync, writeSync } from 'node:fs'
import { join } from 'node:path'
import { describe, expect, it } from 'vitest'
import { createSharedFiles } from '../../src/aws-files/shared-files.ts'
import { isFailure } from '../../src/model/failure.ts'
import { namesBeside, readBytes, scratchFolder, writeAgedFile } from '../support/scratch.ts'

const OLD = '[default]\naws_access_key_id = AKIAIOSFODNN7EXAMPLE\n'
const [FIRST_HALF, SECOND_HALF] = ['[default]\n', 'aws_access_key_id = AKIAI44QH8DHBEXAMPLE\n# a comment of theirs\n']
const THEIRS = FIRST_HALF + SECOND_HALF
const OURS = '[session]\naws_session_token = x\n'

/** Writes like the AWS CLI (awscli/customizations/configure/writer.py): truncates the file and writes it in place. */
function foreignWriter(path: string): { readonly steps: (() => void)[] } {
  let fd = -1
  return {
    steps: [
      () => {
        fd = openSync(path, 'w')
      },
      () => {
        writeSync(fd, FIRST_HALF)
      },
      () => {
        writeSync(fd, SECOND_HALF)
      },
      () => {
        closeSync(fd)
      },
    ],
  }
}

/** Appends a section with awsmfa. Returns 'left alone' if awsmfa refuses because another program is writing. */
function transactOn(path: string, pause: (ms: number) => void, hasSeenOld: boolean): 'written' | 'left alone' {
  const files = createSharedFiles({ paths: { credentials: path, config: `${path}-config` }, pause })
  if (hasSeenOld) files.read()
  return transactWith(files)
}

function transactWith(files: ReturnType<typeof createSharedFiles>): 'written' | 'left alone' {
  try {
    files.transact(['credentials'], ({ credentials: { text } }) => ({
      edits: { credentials: [{ offset: text.length, length: 0, content: OURS }] },
      result: 0,
    }))
    return 'written'
  } catch (error) {
    if (isFailure(error, 'FILE_KEEPS_CHANGING')) return 'left alone'
    throw error
  }
}

function age(path: string): void {
  const anHourAgo = new Date(Date.now() - 3_600_000)
  utimesSync(path, anHourAgo, anHourAgo)
}

describe('promise 2: nothing is ever lost when another program writes in place, without a lock,', () => {
  const gaps = [1, 2, 3, 4]
  // Only Linux shows which processes have a file open for writing. Elsewhere awsmfa compares two reads.
  it.each(gaps)('and continues after step %i of 4 while awsmfa waits: both changes are kept', (done) => {
    const folder = scratchFolder()
    const path = join(folder, 'credentials')
    writeAgedFile(path, OLD)
    const { steps } = foreignWriter(path)
    for (const step of steps.splice(0, done)) step()
    expect(transactOn(path, () => steps.shift()?.(), false)).toBe('written')
    expect([steps.length, readBytes(path), namesBeside(folder)]).toEqual([0, THEIRS + OURS, ['credentials']])
  })

  it.runIf(process.platform === 'linux').each(gaps)(
    'and pauses after step %i of 4 for longer than awsmfa waits: awsmfa leaves an unfinished file alone',
    (done) => {
      const folder = scratchFolder()
      const path = join(folder, 'credentials')
      writeAgedFile(path, OLD)
      const { steps } = foreignWriter(path)
      for (const step of steps.splice(0, done)) step()
      const outcome = transactOn(path, () => undefined, false)
      for (const step of steps) step()
      expect([outcome, readBytes(path)]).toEqual(done === 4 ? ['written', THEIRS + OURS] : ['left alone', THEIRS])
      expect(namesBeside(folder)).toEqual(['credentials'])
    },
  )

  it.runIf(process.platform === 'linux').each([1, 2])(
    'and stopped long ago after step %i of 4: awsmfa leaves a file alone that is shorter than it was',
    (done) => {
      const folder = scratchFolder()
      const path = join(folder, 'credentials')
      writeAgedFile(path, OLD)
      const files = createSharedFiles({
        paths: { credentials: path, config: `${path}-config` },
        pause: () => undefined,
      })
      files.read()
      const { steps } = foreignWriter(path)
      for (const step of steps.splice(0, done)) step()
      age(path)
      expect(transactWith(files)).toBe('left alone')
      for (const step of steps) step()
      expect([readBytes(path), namesBeside(folder)]).toEqual([THEIRS, ['credentials']])
    },
  )

  it.each([1, 2, 3, 4])('and makes %i of 4 steps between the read and the rename of awsmfa', (made) => {
    const folder = scratchFolder()
    const path = join(folder, 'credentials')
    writeAgedFile(path, OLD)
    const { steps } = foreignWriter(path)
    const files = createSharedFiles({
      paths: { credentials: path, config: `${path}-config` },
      pause: () => steps.shift()?.(),
    })
    let calls = 0
    files.transact(['credentials'], ({ credentials: { text } }) => {
      if (calls++ === 0) for (const step of steps.splice(0, made)) step()
      return { edits: { credentials: [{ offset: text.length, length: 0, content: OURS }] }, result: 0 }
    })
    expect([calls, readBytes(path), namesBeside(folder)]).toEqual([2, THEIRS + OURS, ['credentials']])
  })

  it.runIf(process.platform === 'linux')('and only has the file open: awsmfa leaves the file alone', async () => {
    const folder = scratchFolder()
    const path = join(folder, 'credentials')
    writeAgedFile(path, '[default]\nregion')
    const writer = spawn('sh', ['-c', 'exec 3>>"$1"; echo ready; read -r _', 'sh', path], {
      stdio: ['pipe', 'pipe', 'inherit'],
    })
    await once(writer.stdout, 'data')
    expect(transactOn(path, () => undefined, false)).toBe('left alone')
    writer.stdin.end()
    await once(writer, 'exit')
    expect(transactOn(path, () => undefined, false)).toBe('written')
    expect(readBytes(path)).toBe(`[default]\nregion${OURS}`)
  })
})
