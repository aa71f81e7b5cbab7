/** Writes that are cut short: on a full disk, by a limit of the file size, and without any error. */
import { mkdirSync } from 'node:fs'
import { join } from 'node:path'
import { beforeAll, describe, expect, it } from 'vitest'
import { startOfDriver } from '../support/drivers.ts'
import { runFaulted } from '../support/fault-sweep.ts'
import type { SweepTarget } from '../support/fault-sweep.ts'
import { needsMounts, withSmallDisk } from '../support/mount-namespace.ts'
import { needsProgram } from '../support/outside-program.ts'
import { namesBeside, readBytes, scratchFolder, writeAgedFile } from '../support/scratch.ts'
import { callsOn, runProgram, runTraced, writingCalls } from '../support/strace.ts'

const OLD = `[work]\naws_access_key_id = AKIAIOSFODNN7EXAMPLE\n# ${'-'.repeat(40_000)}\n`
const LENGTH_OF_NEW = OLD.length + '[new]\naws_session_token = \n'.length + 200

describe('promise 2: nothing is ever lost when a write is cut short', () => {
  let driver: readonly [string, ...string[]]
  beforeAll(async () => {
    driver = await startOfDriver('transact-once')
  })

  function words(folder: string): readonly string[] {
    return [...driver, join(folder, 'credentials'), join(folder, 'config'), 'new']
  }

  it.skipIf(!needsMounts())('by a full disk: it reports that and keeps the old file', async () => {
    const disk = scratchFolder()
    const folder = scratchFolder()
    writeAgedFile(join(folder, 'credentials'), OLD)
    // 18 pages: 10 for the file, 1 for the lock, and 7 that are free; the new file needs 10.
    const [program = '', ...argv] = [...withSmallDisk(18 * 4096, disk, folder), ...words(disk)]
    const run = await runProgram(program, argv)
    expect(JSON.parse(run.stdout)).toEqual({
      code: 'FILE_INCOMPLETE_WRITE',
      place: { path: join(disk, 'credentials') },
      wanted: LENGTH_OF_NEW,
      written: expect.any(Number) as number,
    })
    expect([run.status, readBytes(join(folder, 'credentials')), namesBeside(folder)]).toEqual([1, OLD, ['credentials']])
  })

  it.skipIf(!needsProgram('prlimit'))(
    'by a limit of the file size: it reports that and keeps the old file',
    async () => {
      const folder = scratchFolder()
      writeAgedFile(join(folder, 'credentials'), OLD)
      const run = await runProgram('prlimit', ['--fsize=16384', ...words(folder)])
      expect(JSON.parse(run.stdout)).toEqual({
        code: 'FILE_INCOMPLETE_WRITE',
        place: { path: join(folder, 'credentials') },
        wanted: LENGTH_OF_NEW,
        written: 16_384,
      })
      expect([run.status, readBytes(join(folder, 'credentials')), namesBeside(folder)]).toEqual([
        1,
        OLD,
        ['credentials'],
      ])
    },
  )

  it.skipIf(!needsProgram('strace'))('without an error: it reports that and keeps the old file', async () => {
    const prepare = (): SweepTarget & { readonly folder: string } => {
      const folder = join(scratchFolder(), '.aws')
      mkdirSync(folder)
      writeAgedFile(join(folder, 'credentials'), OLD)
      return { folder, argv: words(folder), paths: [folder] }
    }
    const { argv, paths } = prepare()
    const writes = writingCalls(callsOn((await runTraced(argv)).trace, paths)).filter(({ name }) => name === 'pwrite64')
    expect(writes).toHaveLength(1)
    for (const call of writes) {
      const {
        target: { folder },
        run,
      } = await runFaulted(prepare, { call, result: 7 })
      expect([run.isFaulted, run.status, run.stderr]).toEqual([true, 1, ''])
      expect(JSON.parse(run.stdout)).toEqual({
        code: 'FILE_INCOMPLETE_WRITE',
        place: { path: join(folder, 'credentials') },
        wanted: LENGTH_OF_NEW,
        written: 0,
      })
      expect([readBytes(join(folder, 'credentials')), namesBeside(folder)]).toEqual([OLD, ['credentials']])
    }
  })
})
