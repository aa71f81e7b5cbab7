import { existsSync, readFileSync, readlinkSync } from 'node:fs'
import { hostname } from 'node:os'
import { isSystemError } from './system-error.ts'

/** Tells whether the files are there that Docker and podman put into a container's root. */
export function hasContainerMark(): boolean {
  return ['/.dockerenv', '/run/.containerenv'].some((path) => existsSync(path))
}

/**
 * Tells whether this process belongs to the foreground group of its controlling terminal. Where that cannot be found out it
 * says yes: a wrong no would refuse a person who sits there.
 */
export function isForeground(): boolean {
  if (process.platform === 'win32') return true
  const groups = process.platform === 'linux' ? groupsFromProc() : groupsFromPs()
  return groups === undefined || groups.foreground <= 0 || groups.foreground === groups.own
}

/** Tells whether this process is in the foreground of a terminal, whose keys then send it signals. No, where that is not known. */
export function isAtTerminal(): boolean {
  const groups = process.platform === 'linux' ? groupsFromProc() : groupsFromPs()
  return groups !== undefined && groups.foreground > 0 && groups.foreground === groups.own
}

interface Groups {
  readonly own: number
  readonly foreground: number
}

/** proc(5), /proc/pid/stat: fields 5 (pgrp) and 8 (tpgid). Field 2 is the program's name in brackets and may hold anything. */
function groupsFromProc(): Groups | undefined {
  try {
    const stat = readFileSync('/proc/self/stat', 'latin1')
    const fields = stat.slice(stat.lastIndexOf(')') + 2).split(' ')
    return parsed(fields[2], fields[5])
  } catch {
    return undefined
  }
}

/** ps(1) of macOS and the BSDs has both as keywords. */
function groupsFromPs(): Groups | undefined {
  try {
    const { execFileSync } = process.getBuiltinModule('node:child_process')
    const words = ['-o', 'pgid=,tpgid=', '-p', String(process.pid)]
    const text = execFileSync('/bin/ps', words, {
      encoding: 'latin1',
      timeout: 2000,
      stdio: ['ignore', 'pipe', 'ignore'],
    })
    const [own, foreground] = text.trim().split(/\s+/)
    return parsed(own, foreground)
  } catch {
    return undefined
  }
}

function parsed(own: string | undefined, foreground: string | undefined): Groups | undefined {
  const groups = { own: Number(own), foreground: Number(foreground) }
  return Number.isInteger(groups.own) && Number.isInteger(groups.foreground) ? groups : undefined
}

/**
 * Which process holds something, told so that another process, now or after a restart or in another container, can find out
 * whether it still runs. A pid alone does not do: it is used again, and in two containers both are 1.
 */

/** One process on one host. What the platform does not tell is ''. */
export interface ProcessIdentity {
  readonly pid: number
  /** Start time in clock ticks since boot: field 22 of /proc/<pid>/stat (proc(5)). */
  readonly start: string
  /** /proc/sys/kernel/random/boot_id, new at every boot. */
  readonly boot: string
  /** The pid namespace, as in pid_namespaces(7). */
  readonly namespace: string
  readonly host: string
}

/** What is known about a process: `elsewhere` is one whose pid means nothing here. */
export type Whereabouts = 'running' | 'gone' | 'elsewhere'

/** Who this process is. */
export function identifyThisProcess(): ProcessIdentity {
  return {
    pid: process.pid,
    start: readStat('self')?.start ?? '',
    boot: readOr('', () => readFileSync('/proc/sys/kernel/random/boot_id', 'latin1').trim()),
    namespace: readOr('', () => readlinkSync('/proc/self/ns/pid')),
    host: hostname(),
  }
}

/**
 * Finds out whether a process still runs. Another boot id says `elsewhere` and not `gone`: two machines with one name may
 * share a home folder, and after a true restart the file is old anyway.
 */
export function findProcess(sought: ProcessIdentity, self: ProcessIdentity): Whereabouts {
  if (sought.host !== self.host || sought.boot !== self.boot || sought.namespace !== self.namespace) return 'elsewhere'
  if (!isPidUsed(sought.pid)) return 'gone'
  const stat = readStat(String(sought.pid))
  if (stat === undefined || sought.start === '') return 'running'
  return stat.start === sought.start && !stat.ended ? 'running' : 'gone'
}

/** Tells whether some process has that pid now, which need not be the one that had it. */
export function isPidUsed(pid: number): boolean {
  try {
    process.kill(pid, 0)
    return true
  } catch (error) {
    // EPERM: it is there, and somebody else's.
    return isSystemError(error) && error.code === 'EPERM'
  }
}

function readStat(pid: string): { readonly start: string; readonly ended: boolean } | undefined {
  const text = readOr(undefined, () => readFileSync(`/proc/${pid}/stat`, 'latin1'))
  if (text === undefined) return undefined
  // The second field is the program's name in parentheses and may hold anything; the third follows the last parenthesis.
  const fields = text.slice(text.lastIndexOf(')') + 2).split(' ')
  return { start: fields[19] ?? '', ended: fields[0] === 'Z' || fields[0] === 'X' }
}

function readOr<T>(fallback: T, read: () => T): T {
  try {
    return read()
  } catch (error) {
    if (isSystemError(error)) return fallback
    throw error
  }
}
