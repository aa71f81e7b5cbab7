/**
 * Locks between processes, as files: the file lock, held for milliseconds inside one synchronous function, and the
 * question lock, held while a person or the network is awaited.
 *
 * A lock is published whole: its holder's identity is written under a private name and linked to the lock's name. A
 * lock whose holder is gone may be removed only under a second lock that is named after that one dead lock, and only if
 * the dead lock is still there: without that, two processes see the same dead holder, and the second removes the first
 * one's new lock. A second lock whose holder is gone is removed by the same rule.
 */
import { randomBytes } from 'node:crypto'
import {
  closeSync,
  linkSync,
  lstatSync,
  openSync,
  readdirSync,
  statSync,
  unlinkSync,
  utimesSync,
  writeSync,
} from 'node:fs'
import type { BigIntStats } from 'node:fs'
import { basename, dirname, join } from 'node:path'
import { AwsmfaError, isFailure } from '../model/failure.ts'
import { findProcess, identifyThisProcess, isPidUsed } from './process-info.ts'
import type { ProcessIdentity } from './process-info.ts'
import { readRegularFile } from './read-file.ts'
import { errnoOf, isSystemError, orElse, retryIfBusy } from './system-error.ts'
import { monotonicMs, pause } from './time.ts'

/** A lock that this process holds. */
export interface HeldLock {
  readonly path: string
  /** Marks the holder as alive; to be called every few seconds if the lock is held for longer. Never throws. */
  readonly touch: () => void
  /** Removes the lock if it is still this process's. Returns the system's error code if that is refused. */
  readonly release: () => string | undefined
}

export interface LockWaiting {
  readonly waitMs: number
  /** Passes the time between attempts without returning to the event loop. */
  readonly pause: (ms: number) => void
  /** The file that the lock is for, which FILE_LOCKED names; by default the lock itself. */
  readonly file?: string
}

interface LockHolder extends ProcessIdentity {
  readonly nonce: string
  readonly since: string
}

/** A lock that exists. `instance` is this one lock's and no later one's. */
interface FoundLock {
  readonly instance: string
  /** Undefined if it cannot be read: it is another user's, or not written to the end. */
  readonly holder: LockHolder | undefined
  readonly touchedMs: number
}

/** The process that wants a lock. */
interface Claimant {
  readonly self: ProcessIdentity
  readonly nonce: string
  /** Begins each of its private names beside the lock. */
  readonly prefix: string
  /** Locks that may be abandoned: when they were last touched, and since when, by this process's clock, not again. */
  readonly seen: Map<string, { readonly touchedMs: number; readonly sinceMs: number; readonly wasStale: boolean }>
}

/**
 * A holder elsewhere, or one that cannot be read, counts as gone when its lock was not touched for that long, by the
 * clock of the folder or, for a lock from the future, by that of a process that waits.
 */
const STALE_MS = 10_000
const TOUCH_MS = 2_000

/** Turns of one attempt. Each either ends it or has seen the lock change hands. */
const MAXIMUM_TURNS = 8

/** What a lock's private files and claims add to its name. */
const LEFTOVER = /^(?:by-(\d+)-[0-9a-f]{12}|break-[-0-9a-z]+(?:\.break-[-0-9a-z]+)*)$/

/**
 * Takes a lock. Throws FILE_LOCKED with the holder if one holder has had it for `waitMs`, or others in turn for five
 * times as long, and the system's errors, ENOENT for a missing folder among them.
 */
export function acquireLock(path: string, { waitMs, pause: passTime, file = path }: LockWaiting): HeldLock {
  const claimant = newClaimant(path)
  const startedMs = monotonicMs()
  let [instance, sinceMs] = ['', startedMs]
  for (let round = 0; !tryToLock(path, claimant); round++) {
    const nowMs = monotonicMs()
    const isOver = nowMs - sinceMs > waitMs
    const found = round === 0 || isOver ? readLock(path) : undefined
    const waitedMs = Math.round(nowMs - startedMs)
    if (isOver && (found?.instance === instance || round === 0 || waitedMs > 5 * waitMs))
      throw locked(file, found?.holder, waitedMs)
    if (round === 0 || isOver) [instance, sinceMs] = [found?.instance ?? '', nowMs]
    passTime(pauseMs(round))
  }
  return heldLock(path, claimant)
}

/**
 * Takes a lock as `acquireLock` does, lets the event loop run meanwhile, and keeps the lock touched until it is
 * released, which alone does not keep the process alive. `waited`: another process held it. Rejects with the signal's
 * reason.
 */
export async function acquireLockAsync(
  path: string,
  signal: AbortSignal,
): Promise<HeldLock & { readonly waited: boolean }> {
  const claimant = newClaimant(path)
  signal.throwIfAborted()
  let round = 0
  for (; !tryToLock(path, claimant); round++) await pause(4 * pauseMs(round), signal)
  const lock = heldLock(path, claimant)
  const timer = setInterval(lock.touch, TOUCH_MS).unref()
  const release = (): string | undefined => {
    clearInterval(timer)
    return lock.release()
  }
  return { ...lock, release, waited: round > 0 }
}

/**
 * Waits, while the event loop runs, as long as a lock is in use: `acquireLock`, which blocks the event loop and with it
 * signals, is then left with waits of milliseconds. Throws FILE_LOCKED as `acquireLock` does, and the signal's reason.
 */
export async function whenUnlocked(
  path: string,
  { waitMs, file = path }: Pick<LockWaiting, 'waitMs' | 'file'>,
  signal: AbortSignal,
): Promise<void> {
  const startedMs = monotonicMs()
  let [last, sinceMs] = ['', startedMs]
  for (let round = 0; ; round++) {
    const found = readLock(path)
    if (found === undefined || mayBeAbandoned(found)) return
    const nowMs = monotonicMs()
    if (found.instance !== last) [last, sinceMs] = [found.instance, nowMs]
    if (nowMs - sinceMs > waitMs || nowMs - startedMs > 5 * waitMs)
      throw locked(file, found.holder, Math.round(nowMs - startedMs))
    await pause(pauseMs(round), signal)
  }
}

/** Whether `acquireLock` is to find out more about a lock: by the clock of the folder, or by its own. */
function mayBeAbandoned({ holder, touchedMs }: FoundLock): boolean {
  const state = holder === undefined ? 'elsewhere' : findProcess(holder, identifyThisProcess())
  return state === 'gone' || (state === 'elsewhere' && Math.abs(Date.now() - touchedMs) > STALE_MS)
}

function locked(file: string, holder: LockHolder | undefined, waitedMs: number): AwsmfaError {
  const known = holder && { holder: { pid: holder.pid, host: holder.host, since: new Date(holder.since) } }
  return new AwsmfaError({ code: 'FILE_LOCKED', place: { path: file }, ...known, waitedMs })
}

/** Returns the process that holds a lock; undefined if the lock is free, or its holder cannot be read. */
export function lockHolderPid(path: string): number | undefined {
  return readLock(path)?.holder?.pid
}

function newClaimant(path: string): Claimant {
  const prefix = `${path}.by-${String(process.pid)}-`
  return { self: identifyThisProcess(), nonce: newNonce(), prefix, seen: new Map() }
}

function newNonce(): string {
  return randomBytes(6).toString('hex')
}

/** Waits grow from 1 to 16 ms; a random part keeps waiters from meeting again and again. */
function pauseMs(round: number): number {
  return Math.min(16, 2 ** round) * (0.5 + Math.random() / 2)
}

/** Returns whether the lock is held now. */
function tryToLock(path: string, claimant: Claimant): boolean {
  for (let turn = 0; turn < MAXIMUM_TURNS; turn++) {
    const found = readLock(path)
    if (found === undefined && publish(path, claimant)) return true
    if (found === undefined) refuseDanglingLink(path)
    if (found !== undefined && !(isAbandoned(found, claimant) && removeDeadLock(path, found, claimant))) return false
  }
  return false
}

/** The name of such a lock is taken, and nothing is found in it, however long one waits. Throws FILE_NOT_REGULAR. */
function refuseDanglingLink(path: string): void {
  // On Windows a name that is being removed cannot be looked at.
  const isLink = orElse(false, () => lstatSync(path).isSymbolicLink())
  if (isLink && statSync(path, { throwIfNoEntry: false }) === undefined)
    throw new AwsmfaError({ code: 'FILE_NOT_REGULAR', place: { path }, found: 'dangling-link' })
}

/** Returns false if another process is removing it. */
function removeDeadLock(path: string, dead: FoundLock, claimant: Claimant): boolean {
  const claim = `${path}.break-${dead.instance}`
  if (!tryToLock(claim, { ...claimant, nonce: newNonce() })) return false
  try {
    const again = readLock(path)
    if (again?.instance !== dead.instance) return true
    return isAbandoned(again, claimant) && errnoOf(() => unlinkSync(path)) === undefined
  } finally {
    errnoOf(() => unlinkSync(claim))
  }
}

/** Puts the claimant's identity under a name. Returns false if the name exists. */
function publish(name: string, { self, nonce, prefix }: Claimant): boolean {
  const text = `${JSON.stringify({ version: 1, ...self, nonce, since: new Date().toISOString() })}\n`
  // On Windows no name of a file can be opened while another program has it open and one of its names is being removed:
  // the holder of a lock that was linked could not remove it.
  if (process.platform === 'win32') return retryIfBusy(() => writeUnlessThere(name, text))
  return withPrivateFile(prefix, text, (path) => {
    const errno = errnoOf(() => linkSync(path, name))
    // ENOENT: a process that cannot see this one (in another container) swept its private file. The next turn tries
    // again.
    if (errno === undefined || errno === 'EEXIST' || errno === 'ENOENT') return errno === undefined
    // There are no links here. A reader may see this lock before it is whole, and takes it for one that was just
    // touched.
    return writeUnlessThere(name, text)
  })
}

function writeUnlessThere(path: string, text: string): boolean {
  try {
    writeExclusively(path, text)
    return true
  } catch (error) {
    if (isSystemError(error) && error.code === 'EEXIST') return false
    throw error
  }
}

function writeExclusively(path: string, text: string): void {
  const fd = openSync(path, 'wx', 0o600)
  let isWhole = false
  try {
    isWhole = writeSync(fd, text) === text.length
  } finally {
    closeSync(fd)
    if (!isWhole) errnoOf(() => unlinkSync(path))
  }
  if (!isWhole) throw Object.assign(new Error('short write of a lock'), { code: 'ENOSPC', syscall: 'write' })
}

function withPrivateFile<T>(prefix: string, text: string, use: (path: string) => T): T {
  const path = prefix + newNonce()
  writeExclusively(path, text)
  try {
    return use(path)
  } finally {
    errnoOf(() => unlinkSync(path))
  }
}

function isAbandoned({ instance, holder, touchedMs }: FoundLock, { self, prefix, seen }: Claimant): boolean {
  const state = holder === undefined ? 'elsewhere' : findProcess(holder, self)
  if (state !== 'elsewhere') return state === 'gone'
  const before = seen.get(instance)
  if (before?.touchedMs === touchedMs) return before.wasStale || monotonicMs() - before.sinceMs > STALE_MS
  // The clock that stamps files in this folder, which over a network is not this host's. Looked at once: where every
  // holder is 'elsewhere', as on Windows, waiters that made a file at each look would keep the holder from its work.
  const wasStale = withPrivateFile(prefix, '', (path) => statSync(path).mtimeMs - touchedMs > STALE_MS)
  seen.set(instance, { touchedMs, sinceMs: monotonicMs(), wasStale })
  return wasStale
}

/** Throws FILE_NOT_REGULAR if the lock's name is taken by a folder or the like. */
function readLock(path: string): FoundLock | undefined {
  try {
    const { bytes, stat } = readRegularFile(path)
    return stat && foundLock(stat, parseHolder(bytes.toString()))
  } catch (error) {
    if (!isFailure(error, 'FILE_UNREADABLE')) throw error
    const stat = retryIfBusy(() => statSync(path, { bigint: true, throwIfNoEntry: false }))
    return stat && foundLock(stat, undefined)
  }
}

function foundLock({ ino, mtimeNs }: BigIntStats, holder: LockHolder | undefined): FoundLock {
  const instance = holder?.nonce ?? `${ino.toString(36)}-${mtimeNs.toString(36)}`
  return { instance, holder, touchedMs: Number(mtimeNs / 1_000_000n) }
}

function parseHolder(text: string): LockHolder | undefined {
  try {
    const { pid, start, boot, namespace, host, nonce, since } = JSON.parse(text) as Record<keyof LockHolder, unknown>
    if (!Number.isSafeInteger(pid) || Number(pid) <= 0 || !/^[0-9a-f]{12}$/.test(String(nonce))) return undefined
    const texts = { start, boot, namespace, host, nonce, since }
    const areTexts = Object.values(texts).every((value) => typeof value === 'string')
    return areTexts ? { pid: Number(pid), ...(texts as Record<keyof typeof texts, string>) } : undefined
  } catch {
    return undefined
  }
}

function heldLock(path: string, { nonce }: Claimant): HeldLock {
  sweepLeftovers(path)
  const touch = (): void => {
    const now = new Date()
    errnoOf(() => utimesSync(path, now, now))
  }
  const removeOurs = (): void => {
    if (readLock(path)?.holder?.nonce === nonce) unlinkSync(path)
  }
  return { path, touch, release: () => errnoOf(() => retryIfBusy(removeOurs)) }
}

/** Removes what killed processes left beside a lock that this process holds: private files, and claims on locks. */
function sweepLeftovers(path: string): void {
  const start = `${basename(path)}.`
  for (const name of orElse([], () => readdirSync(dirname(path)))) {
    const [end, pid] = (name.startsWith(start) && LEFTOVER.exec(name.slice(start.length))) || []
    if (end !== undefined && (pid === undefined || !isPidUsed(Number(pid))))
      errnoOf(() => unlinkSync(join(dirname(path), name)))
  }
}
