/** Peak memory of a Node process, told by the process itself as it ends: what a parent is told cannot be below its own. */
import { spawnSync } from 'node:child_process'
import { fileURLToPath } from 'node:url'

const REPORTER = fileURLToPath(new URL('report-peak.cjs', import.meta.url))

/** Runs Node with these arguments and gives its peak resident memory in KB. Throws unless it ends with 0. */
export function peakMemoryOf(words, env) {
  const result = spawnSync(process.execPath, ['-r', REPORTER, ...words], {
    env,
    stdio: ['ignore', 'pipe', 'pipe', 'pipe'],
  })
  if (result.status !== 0) throw new Error(`${words.join(' ')} ended with ${result.status}:\n${result.stderr}`)
  return Number(result.output[3])
}
