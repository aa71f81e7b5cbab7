/** Ending a program together with everything that it started. */
import { readFileSync, readdirSync } from 'node:fs'
import { windowsFolder } from '../core/windows-program.ts'

/** Children by the process that started them. */
type Children = ReadonlyMap<number, readonly number[]>

/**
 * Gives the processes that a process started, and those that these started, and so on; only those that still have it above
 * them. None where that cannot be found out.
 */
export function descendantsOf(pid: number): readonly number[] {
  const children = process.platform === 'linux' ? childrenFromProc() : childrenFromPs()
  const found: number[] = []
  let generation = children.get(pid) ?? []
  while (generation.length > 0) {
    found.push(...generation)
    generation = generation.flatMap((parent) => children.get(parent) ?? []).filter((child) => !found.includes(child))
  }
  return found
}

/** Sends a signal to processes, or to whole groups where a number is negative. Who is gone already is passed over. */
export function signalAll(pids: readonly number[], signal: NodeJS.Signals): void {
  for (const pid of pids) {
    try {
      process.kill(pid, signal)
    } catch {
      // ESRCH: it has ended. EPERM: it runs as somebody else (sudo, say), and is not ours to end.
    }
  }
}

/** Ends a process of Windows with all that it started, at once; Windows knows no other way. */
export function endTreeOnWindows(pid: number): void {
  const { spawnSync } = process.getBuiltinModule('node:child_process')
  spawnSync(`${windowsFolder(process.env)}\\System32\\taskkill.exe`, ['/pid', String(pid), '/T', '/F'], { stdio: 'ignore', windowsHide: true, timeout: 5000 })
}

/** proc(5), /proc/pid/stat: field 4 is the parent. Field 2 is the program's name in brackets and may hold anything. */
function childrenFromProc(): Children {
  const pairs = namesIn('/proc').flatMap((name) => {
    if (!/^[0-9]+$/.test(name)) return []
    try {
      const stat = readFileSync(`/proc/${name}/stat`, 'latin1')
      return [[Number(name), Number(stat.slice(stat.lastIndexOf(')') + 2).split(' ')[1])] as const]
    } catch {
      // It has ended meanwhile.
      return []
    }
  })
  return byParent(pairs)
}

/** ps(1) of POSIX has both as keywords. */
function childrenFromPs(): Children {
  try {
    const { execFileSync } = process.getBuiltinModule('node:child_process')
    const text = execFileSync('/bin/ps', ['-A', '-o', 'pid=,ppid='], { encoding: 'latin1', timeout: 2000, stdio: ['ignore', 'pipe', 'ignore'] })
    return byParent(text.split('\n').map((line) => line.trim().split(/\s+/).map(Number)).map(([pid = 0, parent = 0]) => [pid, parent] as const))
  } catch {
    return new Map()
  }
}

function byParent(pairs: readonly (readonly [pid: number, parent: number])[]): Children {
  const children = new Map<number, number[]>()
  for (const [pid, parent] of pairs) children.set(parent, [...(children.get(parent) ?? []), pid])
  return children
}

function namesIn(folder: string): readonly string[] {
  try {
    return readdirSync(folder)
  } catch {
    // A system without /proc.
    return []
  }
}
