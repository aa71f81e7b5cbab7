import { chmodSync, mkdirSync, statSync, symlinkSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { describe, expect, it } from 'vitest'
import { makeFolders } from '../../src/platform/atomic-file.ts'
import { scratchFolder } from '../support/scratch.ts'

const errnoOf = (folder: string): unknown => {
  try {
    return makeFolders(folder, 0o700)
  } catch (error) {
    return (error as NodeJS.ErrnoException).code
  }
}

describe('folders', () => {
  it('are made with those above them, and the first of them is told', () => {
    const root = scratchFolder()
    expect(makeFolders(join(root, 'a', 'b', 'c'), 0o700)).toBe(join(root, 'a'))
    expect(makeFolders(join(root, 'a', 'b', 'd'), 0o700)).toBe(join(root, 'a', 'b', 'd'))
    expect(makeFolders(join(root, 'a', 'b', 'd'), 0o700)).toBeUndefined()
    if (process.platform !== 'win32')
      expect(['a', 'a/b', 'a/b/c'].map((name) => statSync(join(root, name)).mode & 0o777)).toEqual([
        0o700, 0o700, 0o700,
      ])
  })

  it('may be behind a link, and are not where a link leads nowhere', () => {
    const root = scratchFolder()
    mkdirSync(join(root, 'there'))
    symlinkSync(join(root, 'there'), join(root, 'link'))
    symlinkSync(join(root, 'nowhere'), join(root, 'dangling'))
    expect(makeFolders(join(root, 'link', 'x'), 0o700)).toBe(join(root, 'link', 'x'))
    expect(makeFolders(join(root, 'link'), 0o700)).toBeUndefined()
    expect([errnoOf(join(root, 'dangling')), errnoOf(join(root, 'dangling', 'x', 'y'))]).toEqual(['EEXIST', 'EEXIST'])
  })

  it('are refused below and in the place of a file', () => {
    const root = scratchFolder()
    writeFileSync(join(root, 'file'), '')
    expect([errnoOf(join(root, 'file')), errnoOf(join(root, 'file', 'x', 'y'))]).toEqual([
      'EEXIST',
      process.platform === 'win32' ? expect.any(String) : 'ENOTDIR',
    ])
  })

  it.skipIf(process.platform === 'win32' || process.getuid?.() === 0)(
    'are refused in a folder that cannot be written',
    () => {
      const root = scratchFolder()
      chmodSync(root, 0o500)
      expect(errnoOf(join(root, 'x', 'y'))).toBe('EACCES')
    },
  )

  it.skipIf(process.platform !== 'linux')('are refused at once in a file system that has no room for any', () => {
    expect([errnoOf('/proc/awsmfa'), errnoOf('/proc/awsmfa/cache/sessions'), errnoOf('/proc/self/awsmfa/x')]).toEqual([
      'ENOENT',
      'ENOENT',
      'ENOENT',
    ])
  })
})
