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
import { closeSync, linkSync, openSync, readdirSync, statSync, unlinkSync, utimesSync, writeSync } from 'node:fs'
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

interface Holder extends ProcessIdentity {
  readonly nonce: string
  readonly since: Date
}

/** A lock that exists. `instance` names this one lock and no later one. */
interface FoundLock {
  readonly instance: string
  /** Undefined if it cannot be read: it is another user's, or not written to the end. */
  readonly holder: Holder | undefined
  readonly touchedMs: number
}

/** The process that wants a lock; `stages` begins each of its private names beside the lock. */
interface Claimant {
  readonly self: ProcessIdentity
  readonly nonce: string
  readonly stages: string
  /** Locks that may be abandoned: when they were last touched, and since when, by this process's clock, not again. */
  readonly seen: Map<string, { readonly touchedMs: number; readonly sinceMs: number }>
}

/**
 * A holder elsewhere, or one that cannot be read, counts as gone when its lock was not touched for that long, by the
 * clock of the folder or, for a lock from the future, by that of a process that waits.
 */
const STALE_MS = 10_000
const TOUCH_MS = 2_000

/** Turns of one attempt. Each either ends it or has seen the lock change hands. */
const MAXIMUM_TURNS = 8

const LINKS_ARE_UNAVAILABLE = /^(?:EPERM|ENOTSUP|EOPNOTSUPP|ENOSYS|EINVAL|EXDEV|EMLINK|EACCES|UNKNOWN)$/

/**
 * Takes a lock. Throws FILE_LOCKED with the holder after `waitMs`, and the system's errors, ENOENT for a missing folder
 * among them.
 */
export function acquireLock(path: string, waiting: LockWaiting): HeldLock {
  const claimant = newClaimant(path)
  const startedMs = monotonicMs()
  for (let round = 0; !tryToLock(path, claimant, round > 0); round++) {
    const waitedMs = Math.round(monotonicMs() - startedMs)
    if (waitedMs > waiting.waitMs) {
      const { holder } = readLock(path) ?? {}
      const known = holder && { holder: { pid: holder.pid, host: holder.host, since: holder.since } }
      throw new AwsmfaError({ code: 'FILE_LOCKED', place: { path: waiting.file ?? path }, ...known, waitedMs })
    }
    waiting.pause(pauseMs(round))
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
  for (; !tryToLock(path, claimant, round > 0); round++) await pause(4 * pauseMs(round), signal)
  const lock = heldLock(path, claimant)
  const timer = setInterval(lock.touch, TOUCH_MS).unref()
  const release = (): string | undefined => {
    clearInterval(timer)
    return lock.release()
  }
  return { ...lock, release, waited: round > 0 }
}

function newClaimant(path: string): Claimant {
  const stages = `${path}.by-${String(process.pid)}-`
  return { self: identifyThisProcess(), nonce: newNonce(), stages, seen: new Map() }
}

function newNonce(): string {
  return randomBytes(6).toString('hex')
}

/** Waits grow from 1 to 16 ms; a random part keeps waiters from meeting again and again. */
function pauseMs(round: number): number {
  return Math.min(16, 2 ** Math.min(round, 4)) * (0.5 + Math.random() / 2)
}

/** Returns whether the lock is held now. `looksFirst`: does not write before it has seen that the lock is free. */
function tryToLock(path: string, claimant: Claimant, looksFirst: boolean): boolean {
  for (let turn = 0; turn < MAXIMUM_TURNS; turn++) {
    const seen = looksFirst || turn > 0 ? readLock(path) : undefined
    if (seen === undefined && publish(path, claimant)) return true
    const found = seen ?? readLock(path)
    if (found !== undefined && !(isAbandoned(found, claimant) && removeDeadLock(path, found, claimant))) return false
  }
  return false
}

/** Returns false if another process is removing it. */
function removeDeadLock(path: string, dead: FoundLock, claimant: Claimant): boolean {
  const claim = `${path}.break-${dead.instance}`
  if (!tryToLock(claim, { ...claimant, nonce: newNonce() }, false)) return false
  try {
    const again = readLock(path)
    if (again?.instance !== dead.instance) return true
    return isAbandoned(again, claimant) && errnoOf(() => unlinkSync(path)) === undefined
  } finally {
    errnoOf(() => unlinkSync(claim))
  }
}

/** Puts the claimant's identity under a name. Returns false if the name exists. */
function publish(name: string, { self, nonce, stages }: Claimant): boolean {
  const text = `${JSON.stringify({ version: 1, ...self, nonce, since: new Date().toISOString() })}\n`
  // On Windows no name of a file can be opened while another program has it open and one of its names is being removed:
  // the holder of a lock that was linked could not remove it.
  return process.platform === 'win32'
    ? retryIfBusy(() => writeUnlessThere(name, text))
    : linkUnlessThere(`${stages}${newNonce()}`, name, text)
}

/** Writes a private file and links it to the name, so that nobody sees the lock half-written. */
function linkUnlessThere(stage: string, name: string, text: string): boolean {
  writeExclusively(stage, text)
  try {
    linkSync(stage, name)
    return true
  } catch (error) {
    if (!isSystemError(error)) throw error
    // ENOENT: a process that cannot see this one (in another container) swept its private name. The next turn tries
    // again.
    if (/^(?:EEXIST|ENOENT)$/.test(error.code)) return false
    if (!LINKS_ARE_UNAVAILABLE.test(error.code)) throw error
  } finally {
    errnoOf(() => unlinkSync(stage))
  }
  // A reader may see this lock before it is whole, and takes it for one that was just touched.
  return writeUnlessThere(name, text)
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

function isAbandoned({ instance, holder, touchedMs }: FoundLock, { self, stages, seen }: Claimant): boolean {
  const whereabouts = holder === undefined ? 'elsewhere' : findProcess(holder, self)
  if (whereabouts !== 'elsewhere') return whereabouts === 'gone'
  const before = seen.get(instance)
  if (before?.touchedMs !== touchedMs) seen.set(instance, { touchedMs, sinceMs: monotonicMs() })
  else if (monotonicMs() - before.sinceMs > STALE_MS) return true
  // The clock that stamps files in this folder, which over a network is not this host's.
  const stage = `${stages}${newNonce()}`
  writeExclusively(stage, '')
  try {
    return statSync(stage).mtimeMs - touchedMs > STALE_MS
  } finally {
    errnoOf(() => unlinkSync(stage))
  }
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

function foundLock({ ino, mtimeNs }: BigIntStats, holder: Holder | undefined): FoundLock {
  const instance = holder?.nonce ?? `${ino.toString(36)}-${mtimeNs.toString(36)}`
  return { instance, holder, touchedMs: Number(mtimeNs / 1_000_000n) }
}

function parseHolder(text: string): Holder | undefined {
  try {
    const { pid, start, boot, namespace, host, nonce, since } = JSON.parse(text) as Record<string, unknown>
    if (typeof pid !== 'number' || !Number.isSafeInteger(pid) || pid <= 0) return undefined
    if (typeof nonce !== 'string' || !/^[0-9a-f]{12}$/.test(nonce) || typeof since !== 'string') return undefined
    if (typeof start !== 'string' || typeof boot !== 'string') return undefined
    if (typeof namespace !== 'string' || typeof host !== 'string') return undefined
    return { pid, start, boot, namespace, host, nonce, since: new Date(since) }
  } catch {
    return undefined
  }
}

function heldLock(path: string, { nonce }: Claimant): HeldLock {
  sweepLeftovers(path)
  return {
    path,
    touch: () => {
      const now = new Date()
      errnoOf(() => utimesSync(path, now, now))
    },
    release: () =>
      errnoOf(() =>
        retryIfBusy(() => {
          if (readLock(path)?.holder?.nonce === nonce) unlinkSync(path)
        }),
      ),
  }
}

/**
 * Removes what killed processes left beside a lock that this process holds: private names, and claims on earlier locks.
 */
function sweepLeftovers(path: string): void {
  const prefix = `${basename(path)}.`
  for (const name of orElse([], () => readdirSync(dirname(path)))) {
    if (!name.startsWith(prefix)) continue
    const rest = name.slice(prefix.length)
    const pid = /^by-(\d+)-[0-9a-f]{12}$/.exec(rest)?.[1]
    const isLeft =
      pid === undefined ? /^break-[0-9a-z]+(?:-[0-9a-z]+)?(?:\.break-[-0-9a-z]+)*$/.test(rest) : !isPidUsed(Number(pid))
    if (isLeft) errnoOf(() => unlinkSync(join(dirname(path), name)))
  }
}
