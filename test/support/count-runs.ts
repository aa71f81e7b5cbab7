/** Prints how often a run of vitest started the product under test: see product-runs.ts. */
import { existsSync, readFileSync, rmSync } from 'node:fs'
import { fileURLToPath } from 'node:url'

/** A line for each test file: `started seen`. */
export const RUNS_FILE = fileURLToPath(new URL('../../build/product-runs', import.meta.url))

export default function setup(): () => void {
  rmSync(RUNS_FILE, { force: true })
  return () => {
    const lines = existsSync(RUNS_FILE) ? readFileSync(RUNS_FILE, 'utf8').trim().split('\n') : []
    const sum = (index: number): string =>
      lines.reduce((total, line) => total + Number(line.split(' ')[index]), 0).toLocaleString('en')
    const product = process.env['AWSMFA_TEST_PRODUCT'] === 'executable' ? 'standalone executable' : 'npm package'
    process.stdout.write(
      `\nThe ${product} was started ${sum(0)} times by ${lines.length} test files; ${sum(1)} times /proc named its program.\n`,
    )
  }
}
