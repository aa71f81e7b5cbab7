/** One transaction on the shared files, with a fault at each of its system calls. */
import { mkdirSync } from 'node:fs'
import { join } from 'node:path'
import { beforeAll, describe, expect, it } from 'vitest'
import { startOfDriver } from '../support/drivers.ts'
import { killAtEveryCall, killAtEveryWritingCall, failEveryWritingCall, runFaulted } from '../support/fault-sweep.ts'
import type { SweepTarget } from '../support/fault-sweep.ts'
import { needsProgram } from '../support/outside-program.ts'
import { namesBeside, readBytes, scratchFolder, writeAgedFile } from '../support/scratch.ts'
import { callsOn, runProgram, runTraced } from '../support/strace.ts'

const OLD = `[work]\naws_access_key_id = AKIAIOSFODNN7EXAMPLE\n# ${'-'.repeat(6000)}\n`
const NEW = `${OLD}[new]\naws_session_token = ${'x'.repeat(200)}\n`

interface TransactTarget extends SweepTarget {
  readonly folder: string
  readonly names: readonly string[]
}

describe.skipIf(!needsProgram('strace'))('promise 2: nothing is ever lost when a transaction', () => {
  let driver: readonly [string, ...string[]]
  beforeAll(async () => {
    driver = await startOfDriver('transact-once')
  })

  function prepare(...names: readonly string[]): TransactTarget {
    const folder = join(scratchFolder(), '.aws')
    mkdirSync(folder)
    for (const name of names) writeAgedFile(join(folder, name), OLD)
    const argv = [
      ...driver,
      join(folder, 'credentials'),
      join(folder, 'config'),
      'new',
      ...(names.length > 1 ? ['both'] : []),
      'wait=0',
    ]
    return { folder, names, argv, paths: [folder] }
  }

  function contents({ folder, names }: TransactTarget): readonly string[] {
    return names.map((name) => readBytes(join(folder, name)))
  }

  /** Expects the next run to do the whole change, and to leave nothing behind. */
  async function expectNextRunToWork(files: TransactTarget): Promise<void> {
    const [program = '', ...argv] = files.argv
    const next = await runProgram(program, argv)
    expect(next).toMatchObject({ status: 0, stderr: '' })
    expect(JSON.parse(next.stdout)).toMatchObject({ result: 'done', warnings: [] })
    expect(contents(files)).toEqual(files.names.map(() => NEW))
    expect(namesBeside(files.folder, ...files.names)).toEqual([])
  }

  it.each([
    ['system call', ['credentials'], killAtEveryCall],
    ['writing call', ['credentials', 'config'], killAtEveryWritingCall],
  ] as const)('is killed at any %s: %j are the old or the new files, complete', async (_, names, kill) => {
    const { counted, faulted } = await kill<TransactTarget>({
      prepare: () => prepare(...names),
      check: (files) => {
        for (const text of contents(files)) expect([OLD, NEW]).toContain(text)
      },
      runAgain: expectNextRunToWork,
    })
    expect(counted).toBeGreaterThan(20)
    expect(faulted).toBe(counted)
  })

  it.each([[['credentials']], [['credentials', 'config']]])(
    'cannot make a writing call: it reports that, and all of %j are changed or none is',
    async (names) => {
      const { counted, faulted } = await failEveryWritingCall<TransactTarget>(
        {
          prepare: () => prepare(...names),
          check: (files, run) => {
            expect(run.stderr).toBe('')
            const outcome = JSON.parse(run.stdout) as { readonly code?: string; readonly errno?: string }
            if (run.status === 0) expect(contents(files)).toEqual(names.map(() => NEW))
            else {
              expect([run.status, contents(files)]).toEqual([1, names.map(() => OLD)])
              expect(outcome).toMatchObject({
                code: 'FILE_NOT_WRITABLE',
                errno: expect.stringMatching(/^E[A-Z]+$/) as string,
              })
            }
          },
          runAgain: expectNextRunToWork,
        },
        ['ENOSPC', 'EIO', 'EACCES', 'EBUSY', 'EXDEV', 'EPERM'],
      )
      expect(counted).toBeGreaterThan(20)
      expect(faulted).toBe(counted)
    },
  )

  it('can neither replace the second file nor restore the first: the failure names the file that is new', async () => {
    const dry = prepare('credentials', 'config')
    const renames = callsOn((await runTraced(dry.argv)).trace, dry.paths).filter(({ name }) => name === 'rename')
    const call = renames.at(-1)
    if (call === undefined) throw new Error('no rename')
    const { target, run } = await runFaulted(() => prepare('credentials', 'config'), {
      call,
      error: 'EIO',
      onwards: true,
    })
    expect(JSON.parse(run.stdout)).toEqual({
      code: 'FILE_PARTLY_WRITTEN',
      place: { path: join(target.folder, 'credentials') },
      written: 'config',
      errno: 'EIO',
    })
    expect([run.status, contents(target), namesBeside(target.folder)]).toEqual([
      1,
      [OLD, NEW],
      ['config', 'credentials'],
    ])
  })
})
