/** Waiting for what other processes do. */
import { existsSync, readFileSync } from 'node:fs'
import { vi } from 'vitest'

/** To end what hangs: on a loaded machine a process may take seconds to start or to end. */
const LIMIT_MS = 60_000

/** Waits until a process has ended. Throws after a minute. One that has ended and that nobody has fetched yet counts as ended. */
export async function isGone(pid: number): Promise<void> {
  await vi.waitFor(() => {
    if (isRunning(pid)) throw new Error(`process ${pid} still runs`)
  }, LIMIT_MS)
}

/** Waits until a file is there, and gives its text without the last line end. Throws after a minute. */
export async function lineIn(path: string): Promise<string> {
  return await vi.waitFor(() => {
    if (!existsSync(path)) throw new Error(`${path} is not there`)
    return readFileSync(path, 'utf8').trimEnd()
  }, LIMIT_MS)
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
