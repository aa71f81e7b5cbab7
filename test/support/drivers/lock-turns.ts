/**
 * Counts under a lock, as a process of its own: lock-turns.cjs <lock> <counter file> <turns> <pid that is gone> Each
 * turn takes the lock, adds 1 to the counter in the file without any other care, and then does not give the lock back
 * but leaves it as one whose holder is gone. Begins when its stdin is closed.
 */
import { readFileSync, renameSync, writeFileSync } from 'node:fs'
import { acquireLock } from '../../../src/platform/file-lock.ts'
import { pauseSync } from '../../../src/platform/time.ts'

const [lock = '', counter = '', turns = '0', gone = ''] = process.argv.slice(2)
readFileSync(0)
for (let turn = 0; turn < Number(turns); turn++) {
  acquireLock(lock, { waitMs: 60_000, pause: pauseSync })
  writeFileSync(counter, String(Number(readFileSync(counter, 'utf8')) + 1))
  const holder = JSON.parse(readFileSync(lock, 'utf8')) as object
  const dead = `${lock}-${String(process.pid)}`
  writeFileSync(dead, JSON.stringify({ ...holder, pid: Number(gone) }))
  renameSync(dead, lock)
}
