/** Replacing a file atomically. */
import {
  chmodSync,
  chownSync,
  lstatSync,
  mkdirSync,
  readFileSync,
  readdirSync,
  renameSync,
  statSync,
  symlinkSync,
  writeFileSync,
} from 'node:fs'
import { join } from 'node:path'
import { describe, expect, it } from 'vitest'
import { createQuestionLock } from '../../src/mfa/question-lock.ts'
import {
  giveToOwnerOf,
  isRenamed,
  makePrivateFolder,
  makeStage,
  tryStage,
  writeWhole,
} from '../../src/platform/atomic-file.ts'
import { errnoOf } from '../../src/platform/system-error.ts'
import { failureOf } from '../support/failure-of.ts'
import { expectPrivate, namesBeside, scratchFolder, writeAgedFile } from '../support/scratch.ts'
import { isWindows } from '../support/on-windows.ts'
import { exitedPid } from '../support/processes.ts'

const NOBODY = 65_534

describe("a file of awsmfa's own", () => {
  it('is written whole and private, in private folders that are made', () => {
    const folder = scratchFolder()
    const path = join(folder, 'state', 'facts', 'one.json')
    writeWhole(path, '{"name":"Zoë"}\n')
    writeWhole(path, '{"name":"Bob"}\n')
    expect([readFileSync(path, 'utf8'), namesBeside(join(folder, 'state', 'facts'))]).toEqual([
      '{"name":"Bob"}\n',
      ['one.json'],
    ])
    expectPrivate(path, join(folder, 'state', 'facts'), join(folder, 'state'))
  })

  it.skipIf(process.getuid?.() !== 0)(
    "is its owner's, with its folders, when root makes them in the home of another",
    async () => {
      const home = scratchFolder()
      chownSync(home, NOBODY, NOBODY)
      writeWhole(join(home, '.cache', 'awsmfa', 'one.json'), 'x')
      writeWhole(join(home, '.cache', 'awsmfa', 'one.json'), 'y')
      const lock = await createQuestionLock(join(home, '.state', 'awsmfa'), () => undefined)(
        'one',
        new AbortController().signal,
      )
      lock.release()
      const made = [
        '.cache',
        '.cache/awsmfa',
        '.cache/awsmfa/one.json',
        '.state',
        '.state/awsmfa',
        '.state/awsmfa/questions',
      ]
      expect(made.map((name) => [name, statSync(join(home, name)).uid, statSync(join(home, name)).gid])).toEqual(
        made.map((name) => [name, NOBODY, NOBODY]),
      )
    },
  )

  it.skipIf(process.getuid?.() !== 0)('never gives away what a link leads to', () => {
    const [home, target] = [scratchFolder(), join(scratchFolder(), 'root-owned')]
    chownSync(home, NOBODY, NOBODY)
    writeFileSync(target, '')
    symlinkSync(target, join(home, 'link'))
    giveToOwnerOf(home, join(home, 'link'))
    expect([statSync(target).uid, lstatSync(join(home, 'link')).uid]).toEqual([0, NOBODY])
  })

  it('narrows the mode of one that was open to others', () => {
    const path = join(scratchFolder(), 'one.json')
    writeAgedFile(path, 'old', 0o644)
    writeWhole(path, 'new')
    expectPrivate(path)
  })

  it("fails with the step and the system's error, and leaves nothing behind", () => {
    const folder = scratchFolder()
    writeFileSync(join(folder, 'file'), '')
    expect(failureOf(() => writeWhole(join(folder, 'file', 'one.json'), 'x'))).toEqual({
      code: 'FILE_NOT_WRITABLE',
      place: { path: join(folder, 'file', 'one.json') },
      errno: expect.stringMatching(/^E(EXIST|NOTDIR)$/) as string,
      step: 'folder',
    })
    mkdirSync(join(folder, 'taken', 'x'), { recursive: true })
    expect(failureOf(() => writeWhole(join(folder, 'taken'), 'x'))).toMatchObject({
      code: 'FILE_NOT_WRITABLE',
      errno: isWindows ? 'EPERM' : 'EISDIR',
      step: 'rename',
    })
    expect(namesBeside(folder)).toEqual(['file', 'taken'])
  })

  it('clears away what killed processes left, but only after a while', () => {
    const folder = scratchFolder()
    const gone = String(exitedPid())
    writeAgedFile(join(folder, `one.json.awsmfa-${gone}-0123456789ab`), 'old')
    writeFileSync(join(folder, `one.json.awsmfa-${gone}-ab0123456789`), 'just now')
    writeWhole(join(folder, 'one.json'), 'x')
    expect(namesBeside(folder)).toEqual(['one.json', `one.json.awsmfa-${gone}-ab0123456789`])
  })
})

describe('a stage', () => {
  it('is private and whole', () => {
    const folder = scratchFolder()
    const stage = makeStage(join(folder, 'credentials'), Buffer.from([0, 255, 10]))
    expect([readFileSync(stage.path), stage.warnings]).toEqual([Buffer.from([0, 255, 10]), []])
    expectPrivate(stage.path)
    expect(stage.path).toMatch(new RegExp(`[/\\\\]credentials\\.awsmfa-${process.pid}-[0-9a-f]{12}$`))
  })

  it('is known as renamed until somebody writes to it in place', () => {
    const folder = scratchFolder()
    const { path, stat } = makeStage(join(folder, 'credentials'), Buffer.from('x'))
    renameSync(path, join(folder, 'credentials'))
    const placed = statSync(join(folder, 'credentials'), { bigint: true })
    writeFileSync(join(folder, 'credentials'), 'y')
    const written = statSync(join(folder, 'credentials'), { bigint: true })
    const isKnown = !isWindows
    expect([stat, placed, written].map((each) => each !== undefined && isRenamed(each))).toEqual([
      isKnown,
      isKnown,
      false,
    ])
    expect(Math.abs(Date.now() - Number(placed.mtimeMs))).toBeLessThan(60_000)
  })

  it('that is as old as it says, as on a file system with coarse times, is not known as renamed', () => {
    const path = join(scratchFolder(), 'file')
    writeFileSync(path, 'x')
    const stat = statSync(path, { bigint: true })
    expect(isRenamed(Object.assign(stat, { ctimeNs: stat.mtimeNs }))).toBe(false)
  })

  it.skipIf(isWindows)('that cannot keep its owner says so and stays private', () => {
    const folder = scratchFolder()
    const { uid } = statSync(folder)
    const old = Object.assign(statSync(folder, { bigint: true }), { uid: BigInt(uid + 1), mode: 0o666n })
    const isRoot = process.getuid?.() === 0
    const stage = makeStage(join(folder, 'credentials'), Buffer.from('x'), { old })
    expect(stage.warnings).toEqual(
      isRoot ? [] : [{ kind: 'owner-not-kept', path: join(folder, 'credentials'), errno: 'EPERM' }],
    )
    expectPrivate(stage.path)
    expect(statSync(stage.path).uid).toBe(isRoot ? uid + 1 : uid)
  })

  it('is tried before it is needed, and leaves no trace', () => {
    const folder = scratchFolder()
    tryStage(join(folder, 'credentials'), 10_000)
    tryStage(join(folder, 'not', 'yet', 'credentials'), 10_000)
    expect(namesBeside(folder)).toEqual([])
    writeFileSync(join(folder, 'file'), '')
    expect(failureOf(() => tryStage(join(folder, 'file', 'credentials'), 1))).toMatchObject({
      code: 'FILE_NOT_WRITABLE',
      errno: isWindows ? 'ENOENT' : 'ENOTDIR',
    })
  })
})

function refusalOf(folder: string): string | undefined {
  return errnoOf(() => makePrivateFolder(folder))
}

describe('private folders', () => {
  it('are made with those above them, and may be there already', () => {
    const root = scratchFolder()
    makePrivateFolder(join(root, 'a', 'b', 'c'))
    makePrivateFolder(join(root, 'a', 'b', 'd'))
    makePrivateFolder(join(root, 'a', 'b', 'd'))
    expect(readdirSync(join(root, 'a', 'b'))).toEqual(['c', 'd'])
    expectPrivate(...['a', 'a/b', 'a/b/c'].map((name) => join(root, name)))
  })

  it.skipIf(isWindows)('may be behind a link, and are not where a link leads nowhere', () => {
    const root = scratchFolder()
    mkdirSync(join(root, 'there'))
    symlinkSync(join(root, 'there'), join(root, 'link'))
    symlinkSync(join(root, 'nowhere'), join(root, 'dangling'))
    makePrivateFolder(join(root, 'link', 'x'))
    makePrivateFolder(join(root, 'link'))
    expect(readdirSync(join(root, 'there'))).toEqual(['x'])
    expect([refusalOf(join(root, 'dangling')), refusalOf(join(root, 'dangling', 'x', 'y'))]).toEqual([
      'EEXIST',
      'EEXIST',
    ])
  })

  it('are refused below and instead of a file', () => {
    const root = scratchFolder()
    writeFileSync(join(root, 'file'), '')
    expect([refusalOf(join(root, 'file')), refusalOf(join(root, 'file', 'x', 'y'))]).toEqual([
      'EEXIST',
      isWindows ? expect.any(String) : 'ENOTDIR',
    ])
  })

  it.skipIf(isWindows || process.getuid?.() === 0)('are refused in a folder that cannot be written', () => {
    const root = scratchFolder()
    chmodSync(root, 0o500)
    expect(refusalOf(join(root, 'x', 'y'))).toBe('EACCES')
  })

  it.skipIf(process.platform !== 'linux')('are refused at once in a file system that has no room for any', () => {
    expect([
      refusalOf('/proc/awsmfa'),
      refusalOf('/proc/awsmfa/cache/sessions'),
      refusalOf('/proc/self/awsmfa/x'),
    ]).toEqual(['ENOENT', 'ENOENT', 'ENOENT'])
  })
})
