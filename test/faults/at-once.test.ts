/** Fifty processes that write to the credentials file at the same time. */
import { join } from 'node:path'
import { beforeAll, describe, expect, it } from 'vitest'
import { startOfDriver } from '../support/drivers.ts'
import { namesBeside, readBytes, scratchFolder, writeAgedFile } from '../support/scratch.ts'
import { runProgram } from '../support/strace.ts'

describe('promise 2: nothing is ever lost when fifty processes write at the same time', () => {
  let driver: readonly [string, ...string[]]
  beforeAll(async () => {
    driver = await startOfDriver('transact-once')
  })

  it('keeps every new section and all existing content', async () => {
    const folder = scratchFolder()
    writeAgedFile(join(folder, 'credentials'), '[work]\nkey = 1\n')
    const sections = Array.from({ length: 50 }, (_, index) => `section-${index}`)
    const runs = await Promise.all(
      sections.map(async (section) =>
        runProgram(driver[0], [...driver.slice(1), join(folder, 'credentials'), join(folder, 'config'), section]),
      ),
    )
    expect(runs.map(({ status, stdout, stderr }) => [status, stdout, stderr])).toEqual(
      sections.map(() => [0, '{"result":"done","changed":["credentials"],"warnings":[]}\n', '']),
    )
    const text = readBytes(join(folder, 'credentials'))
    expect(text.startsWith('[work]\nkey = 1\n[')).toBe(true)
    expect([...text.matchAll(/^\[(section-\d+)\]$/gm)].map(([, name]) => name).toSorted()).toEqual(sections.toSorted())
    expect(namesBeside(folder)).toEqual(['credentials'])
  })
})
