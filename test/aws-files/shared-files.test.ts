/** Reading and writing the shared files. */
import {
  chmodSync,
  chownSync,
  existsSync,
  lstatSync,
  mkdirSync,
  readdirSync,
  realpathSync,
  rmSync,
  statSync,
  symlinkSync,
  unlinkSync,
  utimesSync,
  writeFileSync,
  appendFileSync,
  renameSync,
} from 'node:fs'
import { spawnSync } from 'node:child_process'
import { createServer } from 'node:net'
import { join, relative } from 'node:path'
import { describe, expect, it } from 'vitest'
import { createSharedFiles } from '../../src/aws-files/shared-files.ts'
import type { SharedFilesOptions } from '../../src/aws-files/shared-files.ts'
import type { SharedSnapshots } from '../../src/aws-files/profiles.ts'
import type { FilePlan } from '../../src/aws-files/shared-files.ts'
import { expectPrivate, namesBeside, readBytes, scratchFolder, writeAgedFile } from '../support/scratch.ts'
import { failureOf } from '../support/failure-of.ts'
import { isWindows, posixOnly } from '../support/on-windows.ts'
import { exitedPid } from '../support/processes.ts'

const OLD = '[default]\nregion = eu-west-1\n'

function inFolder(folder: string, options: Partial<SharedFilesOptions> = {}): ReturnType<typeof createSharedFiles> {
  return createSharedFiles({
    paths: { credentials: join(folder, 'credentials'), config: join(folder, 'config') },
    ...options,
  })
}

const append =
  (content: string) =>
  ({ credentials: { text } }: SharedSnapshots): FilePlan<string> => ({
    edits: { credentials: [{ offset: text.length, length: 0, content }] },
    result: 'done',
  })

const appendToBoth =
  (content: string) =>
  ({ credentials, config }: SharedSnapshots): FilePlan<string> => ({
    edits: {
      credentials: [{ offset: credentials.text.length, length: 0, content }],
      config: [{ offset: config.text.length, length: 0, content }],
    },
    result: 'done',
  })

function modeOf(path: string): number {
  return statSync(path).mode & 0o777
}

const makeFifo = (path: string): void => void spawnSync('mkfifo', [path])

describe('reading the shared files', () => {
  it('returns each byte as one code unit, and an empty text for a missing file', () => {
    const folder = scratchFolder()
    writeFileSync(join(folder, 'credentials'), Buffer.from([0xef, 0xbb, 0xbf, 0, 0x0d, 0x0a, 0xff]))
    const { credentials, config } = inFolder(folder).read()
    expect(credentials).toEqual({ path: join(folder, 'credentials'), text: '\xef\xbb\xbf\0\r\n\xff', exists: true })
    expect(config).toEqual({ path: join(folder, 'config'), text: '', exists: false })
  })

  it('treats /dev/null as a missing file', () => {
    const files = createSharedFiles({ paths: { credentials: '/dev/null', config: '/dev/null' } })
    expect(files.read().config).toEqual({ path: '/dev/null', text: '', exists: false })
    expect(failureOf(() => files.transact(['credentials'], append('x')))).toEqual({
      code: 'FILE_NOT_REGULAR',
      place: { path: '/dev/null' },
      found: 'device',
    })
  })

  it.each<readonly [string, (path: string) => void]>([
    ['directory', (path: string) => mkdirSync(path)],
    ...posixOnly(
      ['fifo', makeFifo],
      ['symlink-loop', (path: string) => symlinkSync(path, path)],
      ['device', (path: string) => symlinkSync('/dev/zero', path)],
    ),
  ])('refuses a %s, and does not wait at it', (found, make) => {
    const folder = scratchFolder()
    make(join(folder, 'credentials'))
    const files = inFolder(folder)
    expect(failureOf(() => files.read())).toMatchObject({ code: 'FILE_NOT_REGULAR', found })
    expect(failureOf(() => files.transact(['credentials'], append('x')))).toMatchObject({
      code: 'FILE_NOT_REGULAR',
      found,
    })
    expect(failureOf(() => files.preflight(['credentials']))).toMatchObject({ code: 'FILE_NOT_REGULAR', found })
    expect(namesBeside(folder)).toEqual(['credentials'])
  })

  it.skipIf(isWindows)('rejects a socket', async () => {
    const folder = scratchFolder()
    const server = createServer()
    await new Promise<void>((resolve) => server.listen(join(folder, 'credentials'), resolve))
    expect(failureOf(() => inFolder(folder).read())).toMatchObject({ code: 'FILE_NOT_REGULAR', found: 'socket' })
    await new Promise((resolve) => server.close(resolve))
  })
})

describe('writing the shared files', () => {
  it('applies the edits, reports new files, and leaves nothing else behind', () => {
    const folder = scratchFolder()
    writeAgedFile(join(folder, 'credentials'), OLD)
    const outcome = inFolder(folder).transact(['credentials'], append('[new]\n'))
    expect(outcome).toEqual({ result: 'done', changed: ['credentials'], warnings: [] })
    expect(readBytes(join(folder, 'credentials'))).toBe(`${OLD}[new]\n`)
    expect(namesBeside(folder)).toEqual(['credentials'])
  })

  it('writes bytes above 127 unchanged', () => {
    const folder = scratchFolder()
    writeAgedFile(join(folder, 'credentials'), '\xff\0\xe9\n')
    inFolder(folder).transact(['credentials'], append('\x80\n'))
    expect(readBytes(join(folder, 'credentials'))).toBe('\xff\0\xe9\n\x80\n')
  })

  it.skipIf(isWindows).each([
    [0o600, 0o600],
    [0o644, 0o600],
    [0o666, 0o600],
    [0o400, 0o400],
    [0o440, 0o400],
  ])('a file of mode %o has mode %o afterwards', (before, after) => {
    const folder = scratchFolder()
    const path = join(folder, 'credentials')
    writeAgedFile(path, OLD)
    chmodSync(path, before)
    inFolder(folder).transact(['credentials'], append('[new]\n'))
    expect(modeOf(path)).toBe(after)
  })

  it('creates missing folders, with private permissions, only if there is something to write', () => {
    const folder = scratchFolder()
    const home = join(folder, 'deep', '.aws')
    const files = inFolder(home)
    files.preflight(['credentials'])
    expect(files.transact(['credentials'], () => ({ edits: {}, result: 1 }))).toEqual({
      result: 1,
      changed: [],
      warnings: [],
    })
    expect(existsSync(join(folder, 'deep'))).toBe(false)
    files.transact(['credentials'], append('[new]\n'))
    expectPrivate(home, join(home, 'credentials'))
    expect(readBytes(join(home, 'credentials'))).toBe('[new]\n')
  })

  it.skipIf(isWindows)('follows symbolic links, also dangling ones', () => {
    const folder = scratchFolder()
    mkdirSync(join(folder, 'dotfiles'))
    mkdirSync(join(folder, 'aws'))
    symlinkSync('../dotfiles/middle', join(folder, 'aws', 'credentials'))
    symlinkSync('secret', join(folder, 'dotfiles', 'middle'))
    const files = inFolder(join(folder, 'aws'))
    files.transact(['credentials'], append('[new]\n'))
    expect(readBytes(join(folder, 'dotfiles', 'secret'))).toBe('[new]\n')
    files.transact(['credentials'], append('[more]\n'))
    expect(readBytes(join(folder, 'dotfiles', 'secret'))).toBe('[new]\n[more]\n')
    expect(lstatSync(join(folder, 'aws', 'credentials')).isSymbolicLink()).toBe(true)
    expect(namesBeside(join(folder, 'dotfiles'))).toEqual(['middle', 'secret'])
  })

  it.skipIf(isWindows).each([
    ['behind a link', (folder: string) => symlinkSync('home', join(folder, 'link')), 'link/.aws', 'home/.aws'],
    ['below a link to a folder', (folder: string) => symlinkSync('home', join(folder, 'link')), 'link/a/b', 'home/a/b'],
    [
      'where a dangling link leads',
      (folder: string) => symlinkSync('../elsewhere/aws', join(folder, 'home', '.aws')),
      'home/.aws',
      'elsewhere/aws',
    ],
  ])('makes a missing folder %s, and writes both files there', (_, make, named, made) => {
    const folder = scratchFolder()
    mkdirSync(join(folder, 'home'))
    make(folder)
    for (const each of [join(folder, named), relative(process.cwd(), join(folder, named))]) {
      const files = inFolder(each)
      files.preflight(['credentials'])
      const outcome = files.transact(['credentials', 'config'], appendToBoth('[new]\n'))
      expect(outcome).toEqual({ result: 'done', changed: ['config', 'credentials'], warnings: [] })
      expect(['config', 'credentials'].map((name) => readBytes(join(folder, made, name)))).toEqual([
        '[new]\n',
        '[new]\n',
      ])
      expect(files.read().credentials.text).toBe('[new]\n')
      rmSync(join(folder, made), { recursive: true })
    }
  })

  it.skipIf(isWindows)('does not take for written what the path of the file no longer leads to', () => {
    const folder = scratchFolder()
    for (const name of ['one', 'other']) writeAgedFile(join(folder, name), OLD)
    symlinkSync('one', join(folder, 'credentials'))
    const failure = failureOf(() =>
      inFolder(folder).transact(['credentials'], (snapshots) => {
        unlinkSync(join(folder, 'credentials'))
        symlinkSync('other', join(folder, 'credentials'))
        return append('[new]\n')(snapshots)
      }),
    )
    expect(failure).toEqual({
      code: 'FILE_NOT_WRITABLE',
      place: { path: join(realpathSync(folder), 'one') },
      errno: 'EIO',
      step: 'compare',
    })
    expect([readBytes(join(folder, 'other')), namesBeside(folder, 'credentials', 'one', 'other')]).toEqual([OLD, []])
  })

  it('writes nothing when the edits change nothing', () => {
    const folder = scratchFolder()
    writeAgedFile(join(folder, 'credentials'), OLD)
    const before = statSync(join(folder, 'credentials'))
    const outcome = inFolder(folder).transact(['credentials'], () => ({
      edits: { credentials: [{ offset: 0, length: 9, content: '[default]' }] },
      result: 0,
    }))
    expect(outcome.changed).toEqual([])
    expect(statSync(join(folder, 'credentials'))).toMatchObject({ ino: before.ino, mtimeMs: before.mtimeMs })
  })

  it('changes nothing when the plan throws', () => {
    const folder = scratchFolder()
    writeAgedFile(join(folder, 'credentials'), OLD)
    expect(() =>
      inFolder(folder).transact(['credentials'], () => {
        throw new Error('no')
      }),
    ).toThrow('no')
    expect([readBytes(join(folder, 'credentials')), namesBeside(folder)]).toEqual([OLD, ['credentials']])
  })

  it('rejects edits of a file that is not in the transaction, and invalid bytes', () => {
    const folder = scratchFolder()
    writeAgedFile(join(folder, 'credentials'), OLD)
    const files = inFolder(folder)
    expect(() => files.transact(['credentials'], appendToBoth('x'))).toThrow('not named')
    expect(failureOf(() => files.transact(['credentials'], append('\u20ac')))).toMatchObject({
      code: 'EDIT_NOT_CONTAINED',
    })
    expect([readBytes(join(folder, 'credentials')), namesBeside(folder)]).toEqual([OLD, ['credentials']])
  })

  it('writes both files, and only once if both paths are the same file', () => {
    const folder = scratchFolder()
    writeAgedFile(join(folder, 'config'), OLD)
    expect(inFolder(folder).transact(['credentials', 'config'], appendToBoth('[x]\n'))).toEqual({
      result: 'done',
      changed: ['config', 'credentials'],
      warnings: [],
    })
    expect([readBytes(join(folder, 'config')), readBytes(join(folder, 'credentials'))]).toEqual([
      `${OLD}[x]\n`,
      '[x]\n',
    ])
    expect(namesBeside(folder)).toEqual(['config', 'credentials'])
    mkdirSync(join(folder, 'sub'))
    const one = createSharedFiles({
      paths: { credentials: join(folder, 'config'), config: `${folder}/sub/../config` },
      lockWaitMs: 0,
    })
    expect(one.transact(['credentials', 'config'], appendToBoth('[y]\n')).changed).toEqual(['config', 'credentials'])
    expect(readBytes(join(folder, 'config'))).toBe(`${OLD}[x]\n[y]\n[y]\n`)
  })

  it('names the file that another process has locked, not the lock', () => {
    const folder = scratchFolder()
    const path = join(folder, 'credentials')
    const files = inFolder(folder, { lockWaitMs: 0, pause: () => undefined })
    files.transact(['credentials'], (snapshots) => {
      expect(failureOf(() => files.transact(['credentials'], append('x')))).toMatchObject({
        code: 'FILE_LOCKED',
        place: { path },
        holder: { pid: process.pid },
      })
      return append('[new]\n')(snapshots)
    })
    expect(readBytes(path)).toBe('[new]\n')
  })

  it('removes temporary files of processes that have exited, only by their exact names', () => {
    const folder = scratchFolder()
    writeAgedFile(join(folder, 'credentials'), OLD)
    const gone = String(exitedPid())
    const swept = [
      `credentials.awsmfa-${gone}-0123456789ab`,
      `credentials.awsmfa-${gone}-0123456789ab.3141592653`,
      `credentials.awsmfa-lock.by-${gone}-0123456789ab`,
      'credentials.awsmfa-lock.break-0123456789ab',
    ]
    const kept = [
      'credentials.20261101',
      `credentials.awsmfa-${gone}-0123456789ab.bak`,
      `credentials.awsmfa-${gone}-me`,
      `credentials.awsmfa-${String(process.pid)}-0123456789ab`,
      `xcredentials.awsmfa-${gone}-0123456789ab`,
      'credentials.lock',
      'credentials',
    ]
    for (const name of [...swept, ...kept]) writeAgedFile(join(folder, name), 'x')
    inFolder(folder).transact(['credentials'], append('y'))
    expect(readdirSync(folder).toSorted()).toEqual(kept.toSorted())
  })

  it.skipIf(isWindows)("as root, rejects another user's home by default", () => {
    const folder = scratchFolder()
    if (process.getuid?.() === 0) chownSync(folder, 12_345, 12_345)
    const root = { home: folder, uid: 0 }
    const refused = { code: 'HOME_OF_ANOTHER', place: { path: folder }, owner: statSync(folder).uid }
    expect(failureOf(() => inFolder(folder, root).preflight(['credentials']))).toEqual(refused)
    expect(failureOf(() => inFolder(folder, root).transact(['credentials'], append('x\n')))).toEqual(refused)
    expect(namesBeside(folder)).toEqual([])
    expect(
      failureOf(() => inFolder(folder, { ...root, allowRoot: true }).transact(['credentials'], append('x\n'))),
    ).toBe('no failure')
    expect(statSync(join(folder, 'credentials')).uid).toBe(refused.owner)
  })
})

describe.runIf(!isWindows && process.getuid?.() !== 0)('a folder without write permission', () => {
  it('fails the preflight and the write, and nothing changes', () => {
    const folder = scratchFolder()
    const path = join(folder, 'credentials')
    writeAgedFile(path, OLD)
    chmodSync(folder, 0o500)
    const told = { code: 'FILE_NOT_WRITABLE', place: { path }, errno: 'EACCES' }
    expect(failureOf(() => inFolder(folder).preflight(['credentials']))).toEqual({ ...told, step: 'stage' })
    expect(failureOf(() => inFolder(folder).transact(['credentials'], append('x')))).toEqual({ ...told, step: 'lock' })
    chmodSync(folder, 0o700)
    expect([readBytes(path), namesBeside(folder)]).toEqual([OLD, ['credentials']])
  })

  it('fails with the path of a file that cannot be read', () => {
    const folder = scratchFolder()
    writeAgedFile(join(folder, 'credentials'), OLD)
    chmodSync(join(folder, 'credentials'), 0o000)
    expect(failureOf(() => inFolder(folder).read())).toEqual({
      code: 'FILE_UNREADABLE',
      place: { path: join(folder, 'credentials') },
      errno: 'EACCES',
    })
  })
})

describe('promise 2: nothing is ever lost', () => {
  it('starts over if the file is replaced between the read and the rename', () => {
    const folder = scratchFolder()
    const path = join(folder, 'credentials')
    writeAgedFile(path, OLD)
    let asked = 0
    const outcome = inFolder(folder, { pause: () => undefined }).transact(['credentials'], (snapshots) => {
      if (asked++ === 0) writeAgedFile(path, `${OLD}[theirs]\n`)
      return append('[ours]\n')(snapshots)
    })
    expect([asked, outcome.changed, readBytes(path)]).toEqual([2, ['credentials'], `${OLD}[theirs]\n[ours]\n`])
  })

  it('fails if the file changes every time, and keeps the last change', () => {
    const folder = scratchFolder()
    const path = join(folder, 'credentials')
    writeAgedFile(path, OLD)
    let asked = 0
    const failure = failureOf(() =>
      inFolder(folder, { pause: () => undefined }).transact(['credentials'], (snapshots) => {
        writeAgedFile(path, `${OLD}# ${String(asked++)}\n`)
        return append('[ours]\n')(snapshots)
      }),
    )
    expect(failure).toEqual({ code: 'FILE_KEEPS_CHANGING', place: { path } })
    expect([readBytes(path), namesBeside(folder)]).toEqual([`${OLD}# ${String(asked - 1)}\n`, ['credentials']])
  })

  it('waits for a writer that has just truncated the file, and keeps what it writes', () => {
    const folder = scratchFolder()
    const path = join(folder, 'credentials')
    writeAgedFile(path, OLD)
    const steps = ['[def', 'ault]\nkey = 1\n', '[theirs]\n']
    const files = inFolder(folder, { pause: () => appendFileSync(path, steps.shift() ?? '') })
    files.read()
    writeFileSync(path, '')
    files.transact(['credentials'], append('[ours]\n'))
    expect(readBytes(path)).toBe('[default]\nkey = 1\n[theirs]\n[ours]\n')
  })

  it('waits for a file that has become shorter, also long ago', () => {
    const folder = scratchFolder()
    const path = join(folder, 'credentials')
    writeAgedFile(path, `${OLD}[theirs]\n`)
    let pauses = 0
    const files = inFolder(folder, {
      pause: () => {
        if (pauses++ === 0) writeAgedFile(path, `${OLD}[theirs]\n`)
      },
    })
    files.read()
    writeAgedFile(path, '[default]\n')
    files.transact(['credentials'], append('[ours]\n'))
    expect([readBytes(path), pauses]).toEqual([`${OLD}[theirs]\n[ours]\n`, 2])
  })

  // Windows does not tell when a file was renamed.
  it.skipIf(isWindows)('does not wait after a write of awsmfa, nor for a file that has not changed recently', () => {
    const folder = scratchFolder()
    writeAgedFile(join(folder, 'credentials'), OLD)
    let pauses = 0
    const files = inFolder(folder, {
      pause: () => {
        pauses++
      },
    })
    files.transact(['credentials'], append('[a]\n'))
    inFolder(folder, {
      pause: () => {
        pauses++
      },
    }).transact(['credentials'], append('[b]\n'))
    expect([pauses, readBytes(join(folder, 'credentials'))]).toEqual([0, `${OLD}[a]\n[b]\n`])
  })

  it('accepts a removed file after two equal reads', () => {
    const folder = scratchFolder()
    writeAgedFile(join(folder, 'credentials'), OLD)
    let pauses = 0
    const files = inFolder(folder, {
      pause: () => {
        pauses++
      },
    })
    files.read()
    renameSync(join(folder, 'credentials'), join(folder, 'elsewhere'))
    files.transact(['credentials'], append('[ours]\n'))
    expect([pauses, readBytes(join(folder, 'credentials')), readBytes(join(folder, 'elsewhere'))]).toEqual([
      1,
      '[ours]\n',
      OLD,
    ])
  })

  it('keeps a file with a time in the future editable', () => {
    const folder = scratchFolder()
    writeAgedFile(join(folder, 'credentials'), OLD)
    const future = new Date(Date.now() + 86_400_000)
    utimesSync(join(folder, 'credentials'), future, future)
    inFolder(folder, {
      pause: () => {
        throw new Error('no reason to wait')
      },
    }).transact(['credentials'], append('[ours]\n'))
    expect(readBytes(join(folder, 'credentials'))).toBe(`${OLD}[ours]\n`)
  })
})
