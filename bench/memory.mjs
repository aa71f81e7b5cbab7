/** Measures the peak memory of a Node process from within: for a parent it would never be less than its own. */
import { spawnSync } from 'node:child_process'
import { fileURLToPath } from 'node:url'

const REPORTER = fileURLToPath(new URL('report-peak.cjs', import.meta.url))

/** Runs Node with these arguments and returns its peak resident memory in KB. Throws unless it exits with 0. */
export function peakMemoryOf(args, env) {
  const result = spawnSync(process.execPath, ['-r', REPORTER, ...args], {
    env,
    stdio: ['ignore', 'pipe', 'pipe', 'pipe'],
  })
  if (result.status !== 0) throw new Error(`${args.join(' ')} ended with ${result.status}:\n${result.stderr}`)
  return Number(result.output[3])
}
