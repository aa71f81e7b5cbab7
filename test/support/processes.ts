/** Waits for other processes. */
import { spawnSync } from 'node:child_process'
import { existsSync, readFileSync } from 'node:fs'
import { vi } from 'vitest'

/** Generous: on a busy machine a process may take seconds to start or to exit. */
const LIMIT_MS = 60_000

/** Waits until a process has exited; a zombie counts as exited. Throws after a minute. */
export async function waitForExit(pid: number): Promise<void> {
  await vi.waitFor(() => {
    if (isRunning(pid)) throw new Error(`process ${pid} is still running`)
  }, LIMIT_MS)
}

/** Waits until a file exists. Returns its text without trailing white space. Throws after a minute. */
export async function waitForFile(path: string): Promise<string> {
  return await vi.waitFor(() => {
    if (!existsSync(path)) throw new Error(`${path} does not exist`)
    return readFileSync(path, 'utf8').trimEnd()
  }, LIMIT_MS)
}

/** Returns the id of a process that has exited. */
export function exitedPid(): number {
  return spawnSync(process.execPath, ['--version']).pid
}

function isRunning(pid: number): boolean {
  try {
    process.kill(pid, 0)
  } catch {
    return false
  }
  if (process.platform !== 'linux') return true
  try {
    const stat = readFileSync(`/proc/${pid}/stat`, 'latin1')
    return !stat.slice(stat.lastIndexOf(')') + 2).startsWith('Z')
  } catch {
    return false
  }
}
