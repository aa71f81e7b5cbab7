/** How often the tests started the product, and whether what ran was it: printed at the end, by count-runs.ts. */
import { appendFileSync, mkdirSync, readlinkSync, realpathSync } from 'node:fs'
import { dirname } from 'node:path'
import { afterAll } from 'vitest'
import { RUNS_FILE } from './count-runs.ts'

let [started, seen] = [0, 0]

/**
 * Counts a run of `argv` if these are words that start the product, and throws if the process `pid` turns out to be
 * another program. Without `pid`, and where it has already exited, the run is only counted.
 */
export function countRun(argv: readonly string[], product: readonly [string, ...string[]], pid?: number): void {
  // A line of a transcript, for a shell that finds the product by its name.
  started += argv.at(-1)?.match(/(?:^|[;&|(] *)awsmfa /g)?.length ?? 0
  const at = argv.indexOf(product[0])
  if (at === -1 || !product.every((word, index) => argv[at + index] === word)) return
  started += 1
  const program = at === 0 && pid !== undefined ? programOf(pid) : undefined
  if (program === undefined) return
  if (program !== realpathSync(product[0])) throw new Error(`${program} runs in place of ${product[0]}`)
  seen += 1
}

/** Undefined without /proc, and for a process that has exited. */
function programOf(pid: number): string | undefined {
  try {
    return readlinkSync(`/proc/${pid}/exe`)
  } catch {
    return undefined
  }
}

afterAll(() => {
  if (started === 0) return
  mkdirSync(dirname(RUNS_FILE), { recursive: true })
  appendFileSync(RUNS_FILE, `${started} ${seen}\n`)
})
