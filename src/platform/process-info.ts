/**
 * Which process holds a lock, in a form by which another process, now or after a restart or in another container, can
 * find out whether it still runs. A pid alone is not enough: it is reused, and two containers both have pid 1. Also
 * whether this process is in the foreground of its terminal, or in a container.
 */
import type { StdioOptions } from 'node:child_process'
import { existsSync, readFileSync, readlinkSync } from 'node:fs'
import { hostname } from 'node:os'
import { isSystemError, orElse } from './system-error.ts'

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

/**
 * `elsewhere`: on another host, before a restart or in another container, where the pid means nothing here; or here
 * under a pid that may be another process's by now, on systems without /proc.
 */
export type Whereabouts = 'running' | 'gone' | 'elsewhere'

/** Returns the identity of this process. */
export function identifyThisProcess(): ProcessIdentity {
  return {
    pid: process.pid,
    start: readStat('self')?.[START] ?? '',
    boot: fromProc(() => readFileSync('/proc/sys/kernel/random/boot_id', 'latin1').trim()) ?? '',
    namespace: fromProc(() => readlinkSync('/proc/self/ns/pid')) ?? '',
    host: hostname(),
  }
}

/**
 * Returns whether a process still runs. Another boot id means `elsewhere`, not `gone`: two machines with one name may
 * share a home folder.
 */
export function findProcess(sought: ProcessIdentity, self: ProcessIdentity): Whereabouts {
  if (sought.host !== self.host || sought.boot !== self.boot || sought.namespace !== self.namespace) return 'elsewhere'
  if (!isPidUsed(sought.pid)) return 'gone'
  const stat = readStat(String(sought.pid))
  if (stat === undefined || sought.start === '') return 'elsewhere'
  const hasEnded = stat[STATE] === 'Z' || stat[STATE] === 'X'
  return stat[START] === sought.start && !hasEnded ? 'running' : 'gone'
}

/** Returns whether some process has that pid now; it need not be the one that had it. */
export function isPidUsed(pid: number): boolean {
  try {
    process.kill(pid, 0)
    return true
  } catch (error) {
    // EPERM: it exists and belongs to somebody else.
    return isSystemError(error) && error.code === 'EPERM'
  }
}

/**
 * Returns whether this process is in the foreground group of its controlling terminal. True if that cannot be found
 * out: a wrong no would refuse a person who sits there.
 */
export function isForeground(): boolean {
  if (process.platform === 'win32') return true
  const groups = processGroups()
  return groups === undefined || groups.foreground <= 0 || groups.foreground === groups.own
}

/**
 * Returns whether this process is in the foreground of a terminal, whose keys send it signals. False if that is not
 * known.
 */
export function isAtTerminal(): boolean {
  const groups = processGroups()
  return groups !== undefined && groups.foreground > 0 && groups.foreground === groups.own
}

/** Returns whether Docker or podman marked this file system as a container's. */
export function hasContainerMark(): boolean {
  return ['/.dockerenv', '/run/.containerenv'].some((path) => existsSync(path))
}

/** Places of fields 3, 5, 8 and 22 of /proc/<pid>/stat (proc(5)) in what `readStat` returns. */
const [STATE, GROUP, FOREGROUND_GROUP, START] = [0, 2, 5, 19]

/** Reads from /proc; undefined if there is none. Under Wine it can be read, but has the pids of Linux. */
function fromProc(read: () => string): string | undefined {
  return process.platform === 'win32' ? undefined : orElse(undefined, read)
}

/**
 * Field 2 of /proc/<pid>/stat, the program's name in parentheses, may hold anything: the fields after the last
 * parenthesis.
 */
function readStat(pid: string): readonly string[] | undefined {
  const text = fromProc(() => readFileSync(`/proc/${pid}/stat`, 'latin1'))
  return text?.slice(text.lastIndexOf(')') + 2).split(' ')
}

/** Elsewhere than on Linux by ps(1), of which macOS and the BSDs have both keywords. */
function processGroups(): { readonly own: number; readonly foreground: number } | undefined {
  const stat = process.platform === 'linux' ? readStat('self') : undefined
  const [own, foreground] =
    process.platform === 'linux' ? [stat?.[GROUP], stat?.[FOREGROUND_GROUP]] : (groupsFromPs() ?? [])
  const groups = { own: Number(own), foreground: Number(foreground) }
  return Number.isInteger(groups.own) && Number.isInteger(groups.foreground) ? groups : undefined
}

function groupsFromPs(): readonly string[] | undefined {
  try {
    const { execFileSync } = process.getBuiltinModule('node:child_process')
    const argv = ['-o', 'pgid=,tpgid=', '-p', String(process.pid)]
    const stdio: StdioOptions = ['ignore', 'pipe', 'ignore']
    return execFileSync('/bin/ps', argv, { encoding: 'latin1', timeout: 2000, stdio }).trim().split(/\s+/)
  } catch {
    return undefined
  }
}
