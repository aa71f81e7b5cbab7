/** Lock files among processes. */
import { spawn, spawnSync } from 'node:child_process'
import { once } from 'node:events'
import { existsSync, mkdirSync, readFileSync, symlinkSync, unlinkSync, utimesSync, writeFileSync } from 'node:fs'
import { hostname } from 'node:os'
import { join } from 'node:path'
import { beforeAll, describe, expect, it, vi } from 'vitest'
import { acquireLock, acquireLockAsync, whenUnlocked } from '../../src/platform/file-lock.ts'
import { identifyThisProcess } from '../../src/platform/process-info.ts'
import { createQuestionLock } from '../../src/mfa/question-lock.ts'
import { startOfDriver } from '../support/drivers.ts'
import { expectPrivate, namesBeside, scratchFolder } from '../support/scratch.ts'
import { failureOf } from '../support/failure-of.ts'
import { isWindows, posixOnly } from '../support/on-windows.ts'
import { exitedPid } from '../support/processes.ts'

const noWait = { waitMs: 0, pause: () => undefined }

const makeFifo = (path: string): void => void spawnSync('mkfifo', [path])

function plantLock(path: string, changes: object, ageMs = 0): void {
  writeFileSync(
    path,
    JSON.stringify({
      version: 1,
      ...identifyThisProcess(),
      nonce: '0123456789ab',
      since: '2026-01-01T00:00:00.000Z',
      ...changes,
    }),
  )
  const time = new Date(Date.now() - ageMs)
  utimesSync(path, time, time)
}

describe('a lock', () => {
  it('is a private file that tells its holder, and is gone with everything beside it when given back', () => {
    const folder = scratchFolder()
    const lock = acquireLock(join(folder, 'lock'), noWait)
    expect(JSON.parse(readFileSync(lock.path, 'utf8'))).toMatchObject({
      version: 1,
      pid: process.pid,
      host: hostname(),
    })
    expectPrivate(lock.path)
    expect(namesBeside(folder)).toEqual(['lock'])
    expect([lock.release(), namesBeside(folder)]).toEqual([undefined, []])
  })

  it('that is held is waited for, and then the failure names the holder', () => {
    const path = join(scratchFolder(), 'lock')
    acquireLock(path, noWait)
    const pauses: number[] = []
    const failure = failureOf(() =>
      acquireLock(path, {
        waitMs: 200,
        pause: (ms) => {
          pauses.push(ms)
          for (const end = performance.now() + 100; performance.now() < end;);
        },
      }),
    )
    expect(failure).toMatchObject({
      code: 'FILE_LOCKED',
      place: { path },
      holder: { pid: process.pid, host: hostname() },
    })
    expect(pauses.length).toBeGreaterThan(0)
  })

  it('that changes hands is waited for longer', () => {
    const path = join(scratchFolder(), 'lock')
    let holder = acquireLock(path, noWait)
    let seconds = 0
    const clock = vi.spyOn(process, 'hrtime').mockImplementation(() => [seconds, 0])
    const pause = (): void => {
      seconds++
      holder.release()
      if (seconds < 20) holder = acquireLock(path, noWait)
    }
    try {
      expect([acquireLock(path, { waitMs: 5_000, pause }).release(), seconds]).toEqual([undefined, 20])
    } finally {
      clock.mockRestore()
    }
  })

  it('is taken as soon as its holder gives it back', () => {
    const path = join(scratchFolder(), 'lock')
    const first = acquireLock(path, noWait)
    const second = acquireLock(path, { waitMs: 1000, pause: () => void first.release() })
    expect([second.release(), existsSync(path)]).toEqual([undefined, false])
  })

  it('is not removed by one who lost it', () => {
    const path = join(scratchFolder(), 'lock')
    const lost = acquireLock(path, noWait)
    unlinkSync(path)
    const current = acquireLock(path, noWait)
    expect([lost.release(), existsSync(path)]).toEqual([undefined, true])
    expect([current.release(), existsSync(path)]).toEqual([undefined, false])
  })

  it.each([
    ['whose process is gone', { pid: -1 }, 0, 'taken'],
    ...(process.platform === 'linux'
      ? [['whose pid is another process now', { start: '1' }, 0, 'taken'] as const]
      : []),
    // Windows does not tell when a process began, so that its id may be another's.
    ['of a process that runs', {}, 60_000, isWindows ? 'taken' : 'held'],
    ['of another host, touched just now', { host: 'elsewhere' }, 0, 'held'],
    ['of another host, untouched for long', { host: 'elsewhere' }, 11_000, 'taken'],
    ['of another container, touched just now', { namespace: 'pid:[1]' }, 0, 'held'],
    ['of another container, untouched for long', { namespace: 'pid:[1]' }, 11_000, 'taken'],
    ['from before a restart', { boot: 'another' }, 11_000, 'taken'],
    ['that makes no sense, touched just now', { nonce: 7 }, 0, 'held'],
    ['that makes no sense, untouched for long', { nonce: 7 }, 11_000, 'taken'],
    ['of a process group instead of a process', { pid: 0 }, 0, 'held'],
    ['from the future', { host: 'elsewhere' }, -60_000, 'held'],
    ['of a pid that may be another process now, touched just now', { start: '' }, 0, 'held'],
    ['of a pid that may be another process now, untouched for long', { start: '' }, 11_000, 'taken'],
  ] as const)('%s is %s', (_, changes, ageMs, fate) => {
    const folder = scratchFolder()
    const path = join(folder, 'lock')
    plantLock(path, 'pid' in changes && changes.pid === -1 ? { pid: exitedPid() } : changes, ageMs)
    const outcome = failureOf(() => acquireLock(path, noWait).release())
    expect(outcome).toEqual(fate === 'taken' ? 'no failure' : expect.objectContaining({ code: 'FILE_LOCKED' }))
    expect(namesBeside(folder)).toEqual(fate === 'taken' ? [] : ['lock'])
  })

  it('from the future is taken once it was not touched for 10 s by our own clock', () => {
    const path = join(scratchFolder(), 'lock')
    plantLock(path, { host: 'elsewhere' }, -3_600_000)
    let seconds = 0
    const clock = vi.spyOn(process, 'hrtime').mockImplementation(() => [seconds, 0])
    const pause = (): void => {
      seconds++
      if (seconds === 5) plantLock(path, { host: 'elsewhere' }, -7_200_000)
    }
    try {
      expect([acquireLock(path, { waitMs: 60_000, pause }).release(), seconds]).toEqual([undefined, 16])
    } finally {
      clock.mockRestore()
    }
  })

  it.each<readonly [string, string, (path: string) => void]>([
    ['a folder', 'directory', (path: string) => mkdirSync(path)],
    ...posixOnly(
      ['a named pipe', 'fifo', makeFifo],
      ['a link that leads nowhere', 'dangling-link', (path: string) => symlinkSync('gone', path)],
    ),
  ])('whose name is taken by %s is refused at once', (_, found, make) => {
    const path = join(scratchFolder(), 'lock')
    make(path)
    expect(failureOf(() => acquireLock(path, { waitMs: 60_000, pause: () => undefined }))).toEqual({
      code: 'FILE_NOT_REGULAR',
      place: { path },
      found,
    })
  })

  it("that is empty counts as somebody's who is just writing it, for 10 s", () => {
    const path = join(scratchFolder(), 'lock')
    writeFileSync(path, '')
    expect(failureOf(() => acquireLock(path, noWait))).toEqual({
      code: 'FILE_LOCKED',
      place: { path },
      waitedMs: expect.any(Number) as number,
    })
  })

  it('whose breaker is gone too is broken by the next, claim by claim', () => {
    const folder = scratchFolder()
    const path = join(folder, 'lock')
    plantLock(path, { pid: exitedPid() })
    plantLock(`${path}.break-0123456789ab`, { pid: exitedPid(), nonce: 'aaaaaaaaaaaa' })
    plantLock(`${path}.break-0123456789ab.break-aaaaaaaaaaaa`, { pid: exitedPid(), nonce: 'bbbbbbbbbbbb' })
    expect([acquireLock(path, noWait).release(), namesBeside(folder)]).toEqual([undefined, []])
  })

  it('whose breaker is at work is left to it', () => {
    const folder = scratchFolder()
    const path = join(folder, 'lock')
    plantLock(path, { pid: exitedPid() })
    plantLock(`${path}.break-0123456789ab`, { nonce: 'aaaaaaaaaaaa' })
    expect(failureOf(() => acquireLock(path, noWait))).toMatchObject({ code: 'FILE_LOCKED' })
    expect(namesBeside(folder)).toEqual(['lock', 'lock.break-0123456789ab'])
  })

  it('is rid of what killed processes left beside it, and of nothing else', () => {
    const folder = scratchFolder()
    const kept = [
      `lock.by-${String(process.pid)}-0123456789ab`,
      'lock.break-',
      'lock.by-me',
      'other.break-0123456789ab',
    ]
    const swept = [
      `lock.by-${String(exitedPid())}-0123456789ab`,
      'lock.break-0123456789ab',
      'lock.break-1a2b-3c4d.break-0123456789ab',
    ]
    for (const name of [...kept, ...swept]) writeFileSync(join(folder, name), '')
    acquireLock(join(folder, 'lock'), noWait)
    expect(namesBeside(folder).toSorted()).toEqual(['lock', ...kept].toSorted())
  })

  it("in a folder that is missing is the system's refusal", () => {
    expect(failureOf(() => acquireLock(join(scratchFolder(), 'no', 'lock'), noWait))).toMatchObject({ code: 'ENOENT' })
  })
})

describe('a lock that is waited for while the event loop runs', () => {
  const never = new AbortController().signal

  it.each([
    ['is free', () => undefined],
    ['of a process that is gone', (path: string) => plantLock(path, { pid: exitedPid() })],
    ['of another host that was not touched for 11 s', (path: string) => plantLock(path, { host: 'elsewhere' }, 11_000)],
    ['of another host, from the future', (path: string) => plantLock(path, { host: 'elsewhere' }, -60_000)],
    ['that cannot be read and is old', (path: string) => (writeFileSync(path, ''), utimesSync(path, 0, 0))],
  ])('%s is not waited for', async (_, plant) => {
    const path = join(scratchFolder(), 'lock')
    plant(path)
    await whenUnlocked(path, { waitMs: 60_000 }, never)
  })

  it('is waited for until it is released', async () => {
    const path = join(scratchFolder(), 'lock')
    const lock = acquireLock(path, noWait)
    const waiting = whenUnlocked(path, { waitMs: 60_000 }, never)
    setImmediate(() => setImmediate(lock.release))
    await waiting
    expect(existsSync(path)).toBe(false)
  })

  it('is given up with the reason of the signal, or after a while, with what it is for', async () => {
    const path = join(scratchFolder(), 'lock')
    acquireLock(path, noWait)
    await expect(whenUnlocked(path, { waitMs: 60_000 }, AbortSignal.abort(new Error('enough')))).rejects.toThrow(
      'enough',
    )
    await expect(whenUnlocked(path, { waitMs: 20, file: '/x' }, never)).rejects.toMatchObject({
      failure: { code: 'FILE_LOCKED', place: { path: '/x' }, holder: { pid: process.pid } },
    })
  })
})

describe('a lock among processes', () => {
  let driver: readonly [string, ...string[]]
  beforeAll(async () => {
    driver = await startOfDriver('lock-turns')
  })

  // Files of Windows are opened slowly under Wine.
  const processes = isWindows ? 6 : 20
  it('loses no increment when every holder leaves a dead lock behind', async () => {
    const folder = scratchFolder()
    const [lock, counter] = [join(folder, 'lock'), join(folder, 'counter')]
    writeFileSync(counter, '0')
    const children = Array.from({ length: processes }, () =>
      spawn(driver[0], [...driver.slice(1), lock, counter, '8', String(exitedPid())], {
        stdio: ['pipe', 'ignore', 'inherit'],
      }),
    )
    const ends = children.map(async (child) => once(child, 'exit'))
    for (const child of children) child.stdin.end()
    expect((await Promise.all(ends)).map(([code]) => code as number)).toEqual(
      Array.from({ length: processes }, () => 0),
    )
    expect(readFileSync(counter, 'utf8')).toBe(String(processes * 8))
    expect(namesBeside(folder)).toEqual(['counter', 'lock'])
  }, 120_000)
})

describe('the question lock', () => {
  it('is given at once when free, and tells who had to wait', async () => {
    const folder = scratchFolder()
    const lockQuestion = createQuestionLock(folder, () => undefined)
    const first = await lockQuestion('abc', AbortSignal.timeout(5000))
    const second = lockQuestion('abc', AbortSignal.timeout(5000))
    first.release()
    const { waited, release } = await second
    expect(existsSync(join(folder, 'questions', 'abc.lock'))).toBe(true)
    release()
    expect([first.waited, waited, namesBeside(join(folder, 'questions'))]).toEqual([false, true, []])
    expectPrivate(join(folder, 'questions'))
  })

  it('ends its wait with the reason of the signal', async () => {
    const path = join(scratchFolder(), 'lock')
    acquireLock(path, noWait)
    const abort = new AbortController()
    const waiting = acquireLockAsync(path, abort.signal)
    abort.abort(new Error('enough'))
    await expect(waiting).rejects.toThrow('enough')
  })

  it('that cannot be made is done without', async () => {
    const folder = scratchFolder()
    writeFileSync(join(folder, 'questions'), '')
    const said: string[] = []
    const lockQuestion = createQuestionLock(folder, (text) => said.push(text))
    const { waited, release } = await lockQuestion('abc', AbortSignal.timeout(5000))
    release()
    expect([waited, said]).toEqual([false, [expect.stringContaining('cannot be written (EEXIST)')]])
  })

  it('reports after a second which process has it', async () => {
    const lockQuestion = createQuestionLock(scratchFolder(), () => undefined)
    const first = await lockQuestion('abc', AbortSignal.timeout(5000))
    const pid = await new Promise<number | undefined>((resolve) => {
      void lockQuestion('abc', AbortSignal.timeout(5000), resolve).then(({ release }) => release())
    })
    first.release()
    expect(pid).toBe(process.pid)
  })

  it('is two locks for two questions', async () => {
    const lockQuestion = createQuestionLock(scratchFolder(), () => undefined)
    const [one, other] = await Promise.all([
      lockQuestion('one', AbortSignal.timeout(5000)),
      lockQuestion('other', AbortSignal.timeout(5000)),
    ])
    expect([one.waited, other.waited]).toEqual([false, false])
    one.release()
    other.release()
  })
})
