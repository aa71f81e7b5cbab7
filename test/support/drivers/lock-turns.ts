/**
 * Increments a counter file under a lock, in a separate process:
 *   lock-turns.cjs <lock> <counter file> <turns> <pid of a process that has exited>
 * Each turn acquires the lock, adds 1, and leaves the lock file behind as that of the process that has exited. Starts
 * when its stdin is closed.
 */
import { readFileSync, writeFileSync } from 'node:fs'
import { acquireLock } from '../../../src/platform/file-lock.ts'
import { pauseSync } from '../../../src/platform/time.ts'

const [lock = '', counter = '', turns = '0', exitedPid = ''] = process.argv.slice(2)
readFileSync(0)
for (let turn = 0; turn < Number(turns); turn++) {
  acquireLock(lock, { waitMs: 60_000, pause: pauseSync })
  writeFileSync(counter, String(Number(readFileSync(counter, 'utf8')) + 1))
  const holder = JSON.parse(readFileSync(lock, 'utf8')) as object
  writeFileSync(lock, JSON.stringify({ ...holder, pid: Number(exitedPid) }))
}
