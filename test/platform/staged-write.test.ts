import { spawnSync } from 'node:child_process'
import {
  chownSync,
  lstatSync,
  mkdirSync,
  readFileSync,
  statSync,
  symlinkSync,
  utimesSync,
  writeFileSync,
} from 'node:fs'
import { join } from 'node:path'
import { describe, expect, it } from 'vitest'
import { findProcess, identifyThisProcess, isPidUsed } from '../../src/platform/process-info.ts'
import { isMountPoint } from '../../src/aws-files/in-place.ts'
import { insist } from '../../src/platform/system-error.ts'
import { createQuestionLock } from '../../src/mfa/question-lock.ts'
import { giveToOwnerOf } from '../../src/platform/atomic-file.ts'
import { makeStage, tryStage, writeWhole } from '../../src/platform/atomic-file.ts'
import { isStampedAsOurs, stampAsOurs } from '../../src/platform/atomic-file.ts'
import { namesBeside, scratchFolder, writeAgedFile } from '../support/scratch.ts'
import { failureOf } from '../support/failure-of.ts'

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
    expect(
      [path, join(folder, 'state', 'facts'), join(folder, 'state')].map((each) => statSync(each).mode & 0o777),
    ).toEqual([0o600, 0o700, 0o700])
  })

  it.skipIf(process.getuid?.() !== 0)(
    "is its owner's, with its folders, when root makes them in the home of another",
    async () => {
      const home = scratchFolder()
      chownSync(home, NOBODY, NOBODY)
      writeWhole(join(home, '.cache', 'awsmfa', 'one.json'), 'x')
      writeWhole(join(home, '.cache', 'awsmfa', 'one.json'), 'y')
      const lock = await createQuestionLock(join(home, '.state', 'awsmfa'))('one', new AbortController().signal)
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
    expect(statSync(path).mode & 0o777).toBe(0o600)
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
      errno: 'EISDIR',
      step: 'rename',
    })
    expect(namesBeside(folder)).toEqual(['file', 'taken'])
  })

  it('clears away what killed processes left, but only after a while', () => {
    const folder = scratchFolder()
    const gone = String(spawnSync('true').pid)
    writeAgedFile(join(folder, `one.json.awsmfa-${gone}-0123456789ab`), 'old')
    writeFileSync(join(folder, `one.json.awsmfa-${gone}-ab0123456789`), 'just now')
    writeWhole(join(folder, 'one.json'), 'x')
    expect(namesBeside(folder)).toEqual(['one.json', `one.json.awsmfa-${gone}-ab0123456789`])
  })
})

describe('a stage', () => {
  it('is private, whole, and stamped as ours', () => {
    const folder = scratchFolder()
    const stage = makeStage(join(folder, 'credentials'), Buffer.from([0, 255, 10]), undefined)
    const stat = statSync(stage.path, { bigint: true })
    expect([readFileSync(stage.path), Number(stat.mode & 0o777n), isStampedAsOurs(stat), stage.warnings]).toEqual([
      Buffer.from([0, 255, 10]),
      0o600,
      true,
      [],
    ])
    expect(stage.path).toMatch(new RegExp(`/credentials\\.awsmfa-${process.pid}-[0-9a-f]{12}$`))
  })

  it('that cannot keep its owner says so and stays private', () => {
    const folder = scratchFolder()
    const { uid, gid } = statSync(folder)
    const isRoot = process.getuid?.() === 0
    const stage = makeStage(join(folder, 'credentials'), Buffer.from('x'), { uid: uid + 1, gid, mode: 0o666 })
    expect(stage.warnings).toEqual(
      isRoot ? [] : [{ kind: 'owner-not-kept', path: join(folder, 'credentials'), errno: 'EPERM' }],
    )
    expect([statSync(stage.path).mode & 0o777, statSync(stage.path).uid]).toEqual([0o600, isRoot ? uid + 1 : uid])
  })

  it('is tried before it is needed, and leaves no trace', () => {
    const folder = scratchFolder()
    tryStage(join(folder, 'credentials'), 10_000)
    tryStage(join(folder, 'not', 'yet', 'credentials'), 10_000)
    expect(namesBeside(folder)).toEqual([])
    writeFileSync(join(folder, 'file'), '')
    expect(failureOf(() => tryStage(join(folder, 'file', 'credentials'), 1))).toMatchObject({
      code: 'FILE_NOT_WRITABLE',
      errno: 'ENOTDIR',
    })
  })
})

describe('the stamp', () => {
  it('is within 20 ms of now, and a write by anybody else takes it away', () => {
    const path = join(scratchFolder(), 'file')
    writeFileSync(path, 'x')
    expect(isStampedAsOurs(statSync(path, { bigint: true }))).toBe(false)
    stampAsOurs(path)
    const stamped = statSync(path, { bigint: true })
    expect([isStampedAsOurs(stamped), Math.abs(Date.now() - Number(stamped.mtimeNs / 1_000_000n)) < 1000]).toEqual([
      true,
      true,
    ])
    writeFileSync(path, 'y')
    expect(isStampedAsOurs(statSync(path, { bigint: true }))).toBe(false)
  })

  it('is not seen in times of a coarse file system', () => {
    const path = join(scratchFolder(), 'file')
    writeFileSync(path, 'x')
    utimesSync(path, 1_700_000_000, 1_700_000_000)
    expect(isStampedAsOurs(statSync(path, { bigint: true }))).toBe(false)
  })
})

// Elsewhere less is known about a process than its number and its host.
describe.runIf(process.platform === 'linux')('other processes', () => {
  const self = identifyThisProcess()

  it.each([
    ['this one', self, 'running'],
    ["one with this one's number that started at another time", { ...self, start: '1' }, 'gone'],
    ['one on another host', { ...self, host: 'elsewhere' }, 'elsewhere'],
    ['one in another container', { ...self, namespace: 'pid:[1]' }, 'elsewhere'],
    ['one before a restart, or on another host of the same name', { ...self, boot: 'x' }, 'elsewhere'],
    ['one of which nothing but the number is known', { ...self, start: '' }, 'running'],
  ] as const)('%s', (_, sought, whereabouts) => {
    expect(findProcess(sought, self)).toBe(whereabouts)
  })

  it('is gone once it has ended', () => {
    const { pid } = spawnSync('true')
    expect([isPidUsed(pid), findProcess({ ...self, pid }, self)]).toEqual([false, 'gone'])
  })
})

describe('mount points', () => {
  it.runIf(process.platform === 'linux')('are what the system lists, and nothing else is', () => {
    expect([
      isMountPoint('/'),
      isMountPoint('/proc'),
      isMountPoint(scratchFolder()),
      isMountPoint('/not/there'),
    ]).toEqual([true, true, false, false])
  })
})

describe('an action that Windows refuses for a moment', () => {
  it('is tried again there, and nowhere else', () => {
    const busyTwice = (): (() => number) => {
      let tries = 0
      return () => {
        tries++
        if (tries < 3) throw Object.assign(new Error('busy'), { code: 'EBUSY', syscall: 'rename' })
        return tries
      }
    }
    expect(insist(busyTwice(), 'win32')).toBe(3)
    expect(() => insist(busyTwice(), 'linux')).toThrow('busy')
  })
})
