import { basename, dirname, join } from 'node:path'
import { closeSync, linkSync, openSync, readFileSync, statSync, unlinkSync, utimesSync, writeSync } from 'node:fs'
import { randomBytes } from 'node:crypto'
import { AwsmfaError } from '../model/failure.ts'
import { findProcess, identifyThisProcess, isPidUsed } from './process-info.ts'
import type { ProcessIdentity } from './process-info.ts'
import { insist, isSystemError, errnoOf } from './system-error.ts'
import { monotonicMs } from './time.ts'

/**
 * Locks between processes, as files. One primitive serves the file lock, which is held for milliseconds inside one synchronous
 * function, and the question lock, which is held while a person or the network is awaited.
 *
 * A lock is published whole: its holder's identity is written under a private name and linked to the lock's name. A lock whose
 * holder is gone is taken away by one process only: whoever is first to create a claim named after that one lock, and that
 * reads the lock again under the claim. A claim whose owner is gone is not removed but claimed in turn, by its own name; so at
 * any time one running process at most may take the lock away, and never a newer lock. (Taking a dead lock away without that
 * loses locks: two processes see the same dead holder, and the second removes the first one's new lock.)
 */

/** A lock that this process holds. */
export interface HeldLock {
  readonly path: string
  /** Says that the holder is alive. To be called every few seconds while the lock is held for longer. Never throws. */
  readonly touch: () => void
  /** Gives the lock back, if it is still this process's. Gives the system's error code when it could not be removed. */
  readonly release: () => string | undefined
}

/** How long to wait for a lock and how to pass the time. */
export interface LockWaiting {
  /** Milliseconds after which FILE_LOCKED is thrown. */
  readonly waitMs: number
  /** Waits that many milliseconds without returning to the event loop. */
  readonly pause: (ms: number) => void
}

interface Holder extends ProcessIdentity {
  readonly nonce: string
  readonly since: Date
}

/** What stands under a lock's name. `instance` names this one lock and no later one. */
interface FoundLock {
  readonly instance: string
  readonly holder: Holder | undefined
  readonly touchedMs: number
}

interface Attempt {
  readonly path: string
  readonly self: ProcessIdentity
  readonly nonce: string
  readonly startedMs: number
}

type AttemptOutcome = { readonly held: true } | { readonly held: false; readonly holder: Holder | undefined }

/** A holder elsewhere, or one that cannot be read, is taken for gone when its lock was not touched for that long. */
const STALE_MS = 10_000

const TOUCH_MS = 2_000

const LINKS_ARE_NOT_TO_BE_HAD = new Set([
  'EPERM',
  'ENOTSUP',
  'EOPNOTSUPP',
  'ENOSYS',
  'EINVAL',
  'EXDEV',
  'EMLINK',
  'EACCES',
  'UNKNOWN',
])

/**
 * Takes a lock, waiting synchronously. The folder must exist: a missing one is the system's error ENOENT, as every other
 * refusal of the system is. Throws FILE_LOCKED with the holder when `waitMs` have passed.
 */
export function acquireLock(path: string, { waitMs, pause }: LockWaiting): HeldLock {
  const attempt = beginAttempt(path)
  for (let round = 0; ; round++) {
    const outcome = tryToLock(attempt, round)
    if (outcome.held) return heldLock(attempt)
    const waitedMs = monotonicMs() - attempt.startedMs
    if (waitedMs > waitMs) throw new AwsmfaError(lockedBy(path, outcome.holder, waitedMs))
    pause(pauseMs(round))
  }
}

/**
 * Takes a lock, letting the event loop run while it waits, and keeps it touched until it is released; that alone does not
 * keep the process alive. Gives whether somebody else had to be waited for. Rejects with the signal's reason when it aborts.
 */
export async function acquireLockAsync(
  path: string,
  signal: AbortSignal,
): Promise<HeldLock & { readonly waited: boolean }> {
  const attempt = beginAttempt(path)
  for (let round = 0; ; round++) {
    signal.throwIfAborted()
    if (tryToLock(attempt, round).held) return { ...touchedLock(heldLock(attempt)), waited: round > 0 }
    await passTime(4 * pauseMs(round), signal)
  }
}

/**
 * Removes what processes that are gone left beside a lock: private names, and claims on locks that stand no more. To be called
 * by the lock's holder alone, with the names that are in its folder.
 */
export function sweepLockLeftovers({ path }: HeldLock, names: readonly string[]): void {
  const lockName = basename(path)
  for (const name of names) {
    const rest = name.startsWith(`${lockName}.`) ? name.slice(lockName.length + 1) : ''
    const stage = /^by-(\d+)-[0-9a-f]{12}$/.exec(rest)
    const isLeft = stage ? !isPidUsed(Number(stage[1])) : /^break-([0-9a-f]{12}|[0-9a-z]+-[0-9a-z]+)$/.test(rest)
    if (isLeft) errnoOf(() => unlinkSync(join(dirname(path), name)))
  }
}

function newNonce(): string {
  return randomBytes(6).toString('hex')
}

function beginAttempt(path: string): Attempt {
  return { path, self: identifyThisProcess(), nonce: newNonce(), startedMs: monotonicMs() }
}

/** Waits grow from 1 to 16 ms; a random part keeps waiters from meeting again and again. */
function pauseMs(round: number): number {
  return Math.min(16, 2 ** Math.min(round, 4)) * (0.5 + Math.random() / 2)
}

function tryToLock(attempt: Attempt, round: number): AttemptOutcome {
  // Enough turns for every dead lock and claim of a bad day; each turn either ends here or has seen the lock change hands.
  for (let turn = 0; turn < 8; turn++) {
    // Who waits looks before it writes.
    const seen = round + turn === 0 ? undefined : readLock(attempt.path)
    if (seen === undefined && publish(attempt, attempt.path, attempt.nonce)) return { held: true }
    const found = seen ?? readLock(attempt.path)
    if (found === undefined) continue
    if (!isAbandoned(found, attempt) || !breakLock(attempt, found)) return { held: false, holder: found.holder }
  }
  return { held: false, holder: undefined }
}

/** Puts this process's identity under a name that must not exist yet. False: it does. */
function publish(attempt: Attempt, name: string, nonce: string): boolean {
  const stage = stageName(attempt)
  const text = describeHolder(attempt.self, nonce)
  writeExclusively(stage, text)
  try {
    linkSync(stage, name)
    return true
  } catch (error) {
    if (!isSystemError(error)) throw error
    // ENOENT: somebody who cannot see this process (in another container) swept its private name; the next turn tries again.
    if (error.code === 'EEXIST' || error.code === 'ENOENT') return false
    if (!LINKS_ARE_NOT_TO_BE_HAD.has(error.code)) throw error
  } finally {
    errnoOf(() => unlinkSync(stage))
  }
  return publishWithoutLink(name, text)
}

/** A reader may see this lock before it is whole; it counts as foreign then, and is left alone for as long. */
function publishWithoutLink(name: string, text: string): boolean {
  try {
    writeExclusively(name, text)
    return true
  } catch (error) {
    if (isSystemError(error) && error.code === 'EEXIST') return false
    throw error
  }
}

function stageName({ path, self, nonce }: Attempt): string {
  return `${path}.by-${String(self.pid)}-${nonce}`
}

function writeExclusively(path: string, text: string): void {
  const fd = openSync(path, 'wx', 0o600)
  let whole = false
  try {
    whole = writeSync(fd, text) === text.length
  } finally {
    closeSync(fd)
    if (!whole) errnoOf(() => unlinkSync(path))
  }
  if (!whole) throw Object.assign(new Error('short write of a lock'), { code: 'ENOSPC', syscall: 'write' })
}

/** Takes a dead lock away, or does not because somebody else is at it. True: the lock is to be tried for again. */
function breakLock(attempt: Attempt, dead: FoundLock): boolean {
  const deadClaims: string[] = []
  let claim = claimOn(attempt, dead)
  while (!publish(attempt, claim, newNonce())) {
    const found = readLock(claim)
    // Gone again: the lock was taken away, and the claim with it.
    if (found === undefined) return true
    if (!isAbandoned(found, attempt)) return false
    deadClaims.push(claim)
    claim = claimOn(attempt, found)
  }
  const again = readLock(attempt.path)
  const stillStands = again?.instance === dead.instance
  const removed = stillStands && isAbandoned(again, attempt) && errnoOf(() => unlinkSync(attempt.path)) === undefined
  // Dead claims go only after the lock that they were made on: while it stands, they keep everybody to the end of the chain.
  if (removed || !stillStands) for (const name of deadClaims) errnoOf(() => unlinkSync(name))
  errnoOf(() => unlinkSync(claim))
  return removed || !stillStands
}

function claimOn({ path }: Attempt, { instance }: FoundLock): string {
  return `${path}.break-${instance}`
}

function isAbandoned({ holder, touchedMs }: FoundLock, attempt: Attempt): boolean {
  const whereabouts = holder === undefined ? 'elsewhere' : findProcess(holder, attempt.self)
  return whereabouts === 'gone' || (whereabouts === 'elsewhere' && folderNowMs(attempt) - touchedMs > STALE_MS)
}

/** The time by the clock that stamps files in the lock's folder, which over a network is not this host's. */
function folderNowMs(attempt: Attempt): number {
  const stage = stageName(attempt)
  writeExclusively(stage, '')
  try {
    return statSync(stage).mtimeMs
  } finally {
    errnoOf(() => unlinkSync(stage))
  }
}

function readLock(path: string): FoundLock | undefined {
  try {
    const { ino, mtimeNs } = statSync(path, { bigint: true })
    const holder = readHolder(path)
    return {
      instance: holder?.nonce ?? `${ino.toString(36)}-${mtimeNs.toString(36)}`,
      holder,
      touchedMs: Number(mtimeNs / 1_000_000n),
    }
  } catch (error) {
    if (isSystemError(error) && error.code === 'ENOENT') return undefined
    throw error
  }
}

/** A lock that another user holds cannot be read; like one that makes no sense it is judged by its time alone. */
function readHolder(path: string): Holder | undefined {
  try {
    return parseHolder(readFileSync(path, 'utf8'))
  } catch (error) {
    if (isSystemError(error) && error.code !== 'ENOENT') return undefined
    throw error
  }
}

function describeHolder(self: ProcessIdentity, nonce: string): string {
  return `${JSON.stringify({ version: 1, ...self, nonce, since: new Date().toISOString() })}\n`
}

function parseHolder(text: string): Holder | undefined {
  const value = parseJson(text)
  if (typeof value !== 'object' || value === null) return undefined
  const { pid, start, boot, namespace, host, nonce, since } = value as Partial<Record<keyof Holder, unknown>>
  const areTexts =
    typeof start === 'string' && typeof boot === 'string' && typeof namespace === 'string' && typeof host === 'string'
  if (!areTexts || typeof pid !== 'number' || !Number.isSafeInteger(pid) || pid <= 0) return undefined
  if (typeof nonce !== 'string' || !/^[0-9a-f]{12}$/.test(nonce) || typeof since !== 'string') return undefined
  return { pid, start, boot, namespace, host, nonce, since: new Date(since) }
}

function parseJson(text: string): unknown {
  try {
    return JSON.parse(text) as unknown
  } catch {
    return undefined
  }
}

function heldLock({ path, nonce }: Attempt): HeldLock {
  const touch = (): void => {
    const now = new Date()
    errnoOf(() => utimesSync(path, now, now))
  }
  const release = (): string | undefined =>
    errnoOf(() =>
      insist(() => {
        if (readLock(path)?.holder?.nonce === nonce) unlinkSync(path)
      }),
    )
  return { path, touch, release }
}

function touchedLock(lock: HeldLock): HeldLock {
  const timer = setInterval(lock.touch, TOUCH_MS)
  timer.unref()
  const release = (): string | undefined => {
    clearInterval(timer)
    return lock.release()
  }
  return { ...lock, release }
}

async function passTime(ms: number, signal: AbortSignal): Promise<void> {
  await new Promise<void>((resolve) => {
    const finish = (): void => {
      clearTimeout(timer)
      signal.removeEventListener('abort', finish)
      resolve()
    }
    const timer = setTimeout(finish, ms)
    signal.addEventListener('abort', finish)
  })
}

function lockedBy(
  path: string,
  holder: Holder | undefined,
  waitedMs: number,
): { readonly code: 'FILE_LOCKED' } & LockedFacts {
  const known = holder === undefined ? {} : { holder: { pid: holder.pid, host: holder.host, since: holder.since } }
  return { code: 'FILE_LOCKED', place: { path }, ...known, waitedMs: Math.round(waitedMs) }
}

interface LockedFacts {
  readonly place: { readonly path: string }
  readonly holder?: { readonly pid: number; readonly host: string; readonly since: Date }
  readonly waitedMs: number
}
