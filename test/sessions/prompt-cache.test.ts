/** The files that the shell prompt reads. */
import {
  chmodSync,
  existsSync,
  mkdirSync,
  readdirSync,
  readFileSync,
  statSync,
  utimesSync,
  writeFileSync,
} from 'node:fs'
import { join } from 'node:path'
import { afterEach, beforeEach, describe, expect, it } from 'vitest'
import { createPromptFiles } from '../../src/sessions/prompt-cache.ts'
import type { PromptFilesOptions } from '../../src/sessions/prompt-cache.ts'
import type { PromptFile } from '../../src/sessions/prompt-line.ts'
import { scratchFolder } from '../support/scratch.ts'

const line = (name: string, end = 1795286400): PromptFile => ({ name, content: `1 ${end} ends ${name}\n` })
const HAS_MODES = process.platform !== 'win32'

let credentialsPath: string
let folder: string
let oddities: string[]
beforeEach(() => {
  credentialsPath = join(scratchFolder(), 'credentials')
  folder = `${credentialsPath}.awsmfa`
  oddities = []
  writeFileSync(credentialsPath, '')
  utimesSync(credentialsPath, 1_700_000_000.123456, 1_700_000_000.123456)
})
afterEach(() => {
  if (existsSync(folder)) chmodSync(folder, 0o700)
})

function keep(
  wanted: readonly PromptFile[] | (() => readonly PromptFile[]),
  more: Partial<PromptFilesOptions> = {},
): void {
  createPromptFiles({
    credentialsPath,
    uid: process.getuid?.(),
    allowRoot: true,
    onOddity: (text) => oddities.push(text),
    ...more,
  }).keep(typeof wanted === 'function' ? wanted : () => wanted)
}

const lying = (): Readonly<Record<string, string>> =>
  existsSync(folder)
    ? Object.fromEntries(readdirSync(folder).map((name) => [name, readFileSync(join(folder, name), 'utf8')]))
    : {}
const modified = (name: string): number => statSync(join(folder, name)).mtimeMs
const isTrue = (name: string): boolean => modified(name) >= statSync(credentialsPath).mtimeMs

describe('keeping the lines', () => {
  it('writes them beside the credentials file, for their owner alone, dated from it', () => {
    keep([line('work'), line('a%2Fb')])
    expect(lying()).toEqual({ work: '1 1795286400 ends work\n', 'a%2Fb': '1 1795286400 ends a%2Fb\n' })
    expect([isTrue('work'), Math.round(modified('work') - statSync(credentialsPath).mtimeMs)]).toEqual([true, 1])
    if (HAS_MODES)
      expect([folder, join(folder, 'work')].map((path) => statSync(path).mode & 0o777)).toEqual([0o700, 0o600])
    expect(oddities).toEqual([])
  })

  it('makes nothing where there is nothing to say', () => {
    keep([])
    expect(existsSync(folder)).toBe(false)
  })

  it('removes what is out of date, and the folder with the last of it', () => {
    keep([line('work'), line('play')])
    keep([line('play', 1795286401)])
    expect(lying()).toEqual({ play: '1 1795286401 ends play\n' })
    keep([])
    expect(existsSync(folder)).toBe(false)
  })

  it('leaves files and folders that are not lines', () => {
    mkdirSync(join(folder, 'sub'), { recursive: true })
    writeFileSync(join(folder, 'mine'), 'text of mine\n')
    keep([])
    expect(readdirSync(folder).toSorted()).toEqual(['mine', 'sub'])
  })

  it('changes nothing of a line that is true', () => {
    keep([line('work')])
    const before = statSync(join(folder, 'work'), { bigint: true })
    keep([line('work')])
    const after = statSync(join(folder, 'work'), { bigint: true })
    expect([after.ino, after.ctimeNs]).toEqual([before.ino, before.ctimeNs])
  })

  it('dates the folder too, by which the entry sees whether all is as it was', () => {
    keep([line('work'), line('play')])
    for (const wanted of [[line('work')], [line('work')], [line('work', 1795286401), line('other')]]) {
      keep(wanted)
      expect(Math.round(statSync(folder).mtimeMs - statSync(credentialsPath).mtimeMs)).toBe(1)
    }
  })

  it('dates a line anew when the credentials file has changed and the line is still so', () => {
    keep([line('work')])
    utimesSync(credentialsPath, 1_700_000_100, 1_700_000_100)
    expect(isTrue('work')).toBe(false)
    keep([line('work')])
    expect(isTrue('work')).toBe(true)
  })

  it('looks again when the file was written meanwhile, so that an older look never passes for a newer one', () => {
    const looks: number[] = []
    keep(() => {
      looks.push(statSync(credentialsPath).mtimeMs)
      if (looks.length === 1) utimesSync(credentialsPath, 1_700_000_200, 1_700_000_200)
      return [line('work', 1795286400 + looks.length)]
    })
    expect(lying()).toEqual({ work: '1 1795286402 ends work\n' })
    expect([isTrue('work'), looks.length]).toEqual([true, 2])
  })

  it('gives up after three looks at a file that is being written all the time, and dates what it has from the last of them', () => {
    let looks = 0
    keep(() => {
      looks++
      utimesSync(credentialsPath, 1_700_000_000 + looks, 1_700_000_000 + looks)
      return [line('work')]
    })
    expect([looks, isTrue('work')]).toEqual([3, false])
  })

  it('takes the lines away with the credentials file', () => {
    keep([line('work')])
    keep([line('work')], { credentialsPath: `${credentialsPath}-gone` })
    expect(existsSync(`${credentialsPath}-gone.awsmfa`)).toBe(false)
  })
})

describe('what prevents it is reported with --debug only', () => {
  it('a file instead of the folder', () => {
    writeFileSync(folder, 'mine')
    keep([line('work')])
    expect([readFileSync(folder, 'utf8'), oddities]).toEqual([
      'mine',
      [expect.stringContaining('were not written: ') as string],
    ])
  })

  it('a folder instead of a line', () => {
    mkdirSync(join(folder, 'work'), { recursive: true })
    keep([line('work'), line('play')])
    expect(oddities).toEqual([expect.stringContaining('were not written: ') as string])
  })

  it('whatever goes wrong while the sessions are looked up', () => {
    keep(() => {
      throw new Error('unreadable')
    })
    expect([existsSync(folder), oddities]).toEqual([false, [expect.stringContaining('unreadable') as string]])
  })

  // Node 20 says ENOTDIR, Node 22 that there is no such file.
  it('a file instead of the credentials folder, if at all', () => {
    const below = join(credentialsPath, 'nowhere', 'credentials')
    keep([line('work')], { credentialsPath: below })
    expect(existsSync(`${below}.awsmfa`)).toBe(false)
    expect(oddities.length).toBeLessThanOrEqual(1)
  })
})

describe.skipIf(process.getuid?.() !== 0)('root', () => {
  it("leaves another's folder alone, unless told otherwise", async () => {
    const { chownSync } = await import('node:fs')
    chownSync(credentialsPath, 65534, 65534)
    chownSync(join(credentialsPath, '..'), 65534, 65534)
    keep([line('work')], { allowRoot: false })
    expect(existsSync(folder)).toBe(false)
    keep([line('work')])
    expect([folder, join(folder, 'work')].map((path) => statSync(path).uid)).toEqual([65534, 65534])
  })
})
