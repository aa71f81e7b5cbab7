import { mkdirSync } from 'node:fs'
import { join } from 'node:path'
import { beforeAll, describe, expect, it } from 'vitest'
import { bundleScript } from '../support/bundle-script.ts'
import { killAtEveryCall, killAtEveryWritingCall, refuseEveryWritingCall, runFaulted } from '../support/fault-sweep.ts'
import type { Scene } from '../support/fault-sweep.ts'
import { needsProgram } from '../support/outside-program.ts'
import { namesBeside, readBytes, scratchFolder, writeAgedFile } from '../support/scratch.ts'
import { callsUpon, runProgram, runTraced } from '../support/strace.ts'

const OLD = `[work]\naws_access_key_id = AKIAIOSFODNN7EXAMPLE\n# ${'-'.repeat(6000)}\n`
const NEW = `${OLD}[new]\naws_session_token = ${'x'.repeat(200)}\n`

interface Files extends Scene {
  readonly folder: string
  readonly names: readonly string[]
}

describe.skipIf(!needsProgram('strace'))('promise 2: nothing is ever lost, whatever becomes of the process', () => {
  let driver = ''
  beforeAll(async () => {
    driver = await bundleScript(new URL('../support/drivers/transact-once.ts', import.meta.url))
  })

  function prepare(...names: readonly string[]): Files {
    const folder = join(scratchFolder(), '.aws')
    mkdirSync(folder)
    for (const name of names) writeAgedFile(join(folder, name), OLD)
    const argv = [
      process.execPath,
      driver,
      join(folder, 'credentials'),
      join(folder, 'config'),
      'new',
      ...(names.length > 1 ? ['both'] : []),
      'wait=0',
    ]
    return { folder, names, argv, paths: [folder] }
  }

  function contents({ folder, names }: Files): readonly string[] {
    return names.map((name) => readBytes(join(folder, name)))
  }

  /** The next run does the whole work at once, whatever was left behind, and leaves nothing behind. */
  async function expectNextRunToWork(files: Files): Promise<void> {
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
  ] as const)('killed at every %s: %j are the old ones or the new ones, whole', async (_, names, kill) => {
    const { counted, faulted } = await kill<Files>({
      prepare: () => prepare(...names),
      check: async (files) => {
        for (const text of contents(files)) expect([OLD, NEW]).toContain(text)
        await expectNextRunToWork(files)
      },
    })
    expect(counted).toBeGreaterThan(20)
    expect(faulted).toBe(counted)
  })

  it.each([[['credentials']], [['credentials', 'config']]])(
    'refused any writing call: told, and %j are as they were, or are written',
    async (names) => {
      const { counted, faulted } = await refuseEveryWritingCall<Files>(
        {
          prepare: () => prepare(...names),
          check: async (files, run) => {
            expect(run.stderr).toBe('')
            const told = JSON.parse(run.stdout) as { readonly code?: string; readonly errno?: string }
            if (run.status === 0) expect(contents(files)).toEqual(names.map(() => NEW))
            else {
              expect([run.status, contents(files)]).toEqual([1, names.map(() => OLD)])
              expect(told).toMatchObject({
                code: 'FILE_NOT_WRITABLE',
                errno: expect.stringMatching(/^E[A-Z]+$/) as string,
              })
            }
            await expectNextRunToWork(files)
          },
        },
        ['ENOSPC', 'EIO', 'EACCES', 'EBUSY', 'EXDEV', 'EPERM'],
      )
      expect(counted).toBeGreaterThan(20)
      expect(faulted).toBe(counted)
    },
  )

  it('when the second file cannot be replaced and the first cannot be put back, that is told with the name of what is new', async () => {
    const dry = prepare('credentials', 'config')
    const renames = callsUpon((await runTraced(dry.argv)).trace, dry.paths).filter(({ name }) => name === 'rename')
    const call = renames.at(-1)
    if (call === undefined) throw new Error('no rename')
    const { scene, run } = await runFaulted(() => prepare('credentials', 'config'), {
      call,
      error: 'EIO',
      onwards: true,
    })
    expect(JSON.parse(run.stdout)).toEqual({
      code: 'FILE_PARTLY_WRITTEN',
      place: { path: join(scene.folder, 'credentials') },
      written: 'config',
      errno: 'EIO',
    })
    expect([run.status, contents(scene), namesBeside(scene.folder)]).toEqual([1, [OLD, NEW], ['config', 'credentials']])
  })
})
