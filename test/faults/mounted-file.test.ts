/**
 * A credentials file that is itself a mount point (as in a container), so that it cannot be replaced, only overwritten.
 */
import { mkdirSync, statSync } from 'node:fs'
import { join } from 'node:path'
import { beforeAll, describe, expect, it } from 'vitest'
import { startOfDriver } from '../support/drivers.ts'
import { killAtEveryWritingCall, failEveryWritingCall, runFaulted } from '../support/fault-sweep.ts'
import type { SweepTarget } from '../support/fault-sweep.ts'
import { needsMounts, withFileMounted } from '../support/mount-namespace.ts'
import { needsProgram } from '../support/outside-program.ts'
import { namesBeside, readBytes, scratchFolder, writeAgedFile } from '../support/scratch.ts'
import { callsOn, runProgram, runTraced } from '../support/strace.ts'

const SHORT = `[work]\naws_access_key_id = AKIAIOSFODNN7EXAMPLE\n# ${'-'.repeat(6000)}\n`
const LONG = `${SHORT}[new]\naws_session_token = ${'x'.repeat(200)}\n`

interface MountedTarget extends SweepTarget {
  readonly outside: string
  readonly folder: string
  readonly wanted: string
}

describe.skipIf(!needsMounts() || !needsProgram('strace'))(
  'promise 2: nothing is ever lost when the credentials file is a mount point:',
  () => {
    let driver: readonly [string, ...string[]]
    beforeAll(async () => {
      driver = await startOfDriver('transact-once')
    })

    function prepare(old: string, wanted: string): MountedTarget {
      const base = scratchFolder()
      const folder = join(base, '.aws')
      const outside = join(base, 'outside')
      mkdirSync(folder)
      writeAgedFile(outside, old)
      writeAgedFile(join(folder, 'credentials'), '')
      const argv = [
        ...driver,
        join(folder, 'credentials'),
        join(folder, 'config'),
        'new',
        ...(wanted === SHORT ? ['remove'] : []),
      ]
      return {
        argv,
        paths: [folder],
        within: withFileMounted(outside, join(folder, 'credentials')),
        outside,
        folder,
        wanted,
      }
    }

    async function runMounted({ within = [], argv }: MountedTarget): Promise<unknown> {
      const [program = '', ...words] = [...within, ...argv]
      const run = await runProgram(program, words)
      expect(run).toMatchObject({ status: 0, stderr: '' })
      return JSON.parse(run.stdout) as unknown
    }

    it('the file is overwritten in place, with a warning', async () => {
      const mounted = prepare(SHORT, LONG)
      const { ino } = statSync(mounted.outside)
      expect(await runMounted(mounted)).toEqual({
        result: 'done',
        changed: ['credentials'],
        warnings: [{ kind: 'written-in-place', path: join(mounted.folder, 'credentials'), errno: 'EBUSY' }],
      })
      expect([readBytes(mounted.outside), statSync(mounted.outside).ino, namesBeside(mounted.folder)]).toEqual([
        LONG,
        ino,
        ['credentials'],
      ])
    })

    it.each([
      ['the preflight', ['preflight']],
      ['the write', []],
    ])('a file mounted read-only is refused by %s, and nothing is left beside it', async (_, words) => {
      const mounted = prepare(SHORT, LONG)
      const [program = '', ...argv] = [
        ...withFileMounted(mounted.outside, join(mounted.folder, 'credentials'), true),
        ...mounted.argv,
        ...words,
      ]
      const run = await runProgram(program, argv)
      expect([run.status, JSON.parse(run.stdout)]).toEqual([
        1,
        {
          code: 'FILE_NOT_WRITABLE',
          place: { path: join(mounted.folder, 'credentials') },
          errno: 'EROFS',
          step: 'in-place',
        },
      ])
      expect([readBytes(mounted.outside), namesBeside(mounted.folder)]).toEqual([SHORT, ['credentials']])
    })

    it.each([
      ['grows', SHORT, LONG],
      ['shrinks', LONG, SHORT],
    ])('killed at any writing call while the file %s: the next run completes the change', async (_, old, wanted) => {
      const { counted, faulted } = await killAtEveryWritingCall<MountedTarget>({
        prepare: () => prepare(old, wanted),
        check: async (mounted) => {
          await runMounted(mounted)
          expect([readBytes(mounted.outside), namesBeside(mounted.folder)]).toEqual([wanted, ['credentials']])
        },
      })
      expect(counted).toBeGreaterThan(15)
      expect(faulted).toBe(counted)
    })

    it('a failed writing call is reported, and the file is the old one or the new one', async () => {
      const { counted, faulted } = await failEveryWritingCall<MountedTarget>(
        {
          prepare: () => prepare(SHORT, LONG),
          check: async (mounted, run) => {
            expect([run.stderr, readBytes(mounted.outside)]).toEqual(['', run.status === 0 ? LONG : SHORT])
            await runMounted(mounted)
            expect([readBytes(mounted.outside), namesBeside(mounted.folder)]).toEqual([LONG, ['credentials']])
          },
        },
        ['ENOSPC', 'EIO'],
      )
      expect(counted).toBeGreaterThan(30)
      expect(faulted).toBe(counted)
    })

    it('if neither the new nor the old content can be written, the failure names a complete copy of the new file', async () => {
      const dry = prepare(SHORT, LONG)
      const syncs = callsOn((await runTraced(dry.argv, { within: dry.within ?? [] })).trace, dry.paths).filter(
        ({ name }) => name === 'fsync',
      )
      const call = syncs[2]
      if (call === undefined) throw new Error('not three files synced: both temporary files and the file')
      const { target, run } = await runFaulted(() => prepare(SHORT, LONG), { call, error: 'EIO', onwards: true })
      const failure = JSON.parse(run.stdout) as { readonly keptAt: string }
      expect(failure).toMatchObject({
        code: 'FILE_NOT_WRITABLE',
        place: { path: join(target.folder, 'credentials') },
        errno: 'EIO',
        step: 'restore',
      })
      expect([run.status, readBytes(failure.keptAt)]).toEqual([1, LONG])
      await runMounted(target)
      expect([readBytes(target.outside), namesBeside(target.folder)]).toEqual([LONG, ['credentials']])
    })
  },
)
