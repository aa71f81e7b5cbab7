/** Builds the TypeScript programs in test/support/drivers, which tests run as child processes. */
import { existsSync, mkdirSync, renameSync, writeFileSync } from 'node:fs'
import { createHash } from 'node:crypto'
import { fileURLToPath } from 'node:url'
import { rolldown } from 'rolldown'
import { isExecutable } from './run-cli.ts'

const FOLDER = fileURLToPath(new URL('../../build/test-scripts/', import.meta.url))
const COMPILER: string = '../../scripts/build-executable.mjs'

/**
 * Bundles a driver by its name and returns the words that start it: Node and a CommonJS file, or, where the executable
 * is under test, a file that Bun compiled. Other test files may be running or building it, so a file is replaced by a
 * rename; a compiled one is made once for each text.
 */
export async function startOfDriver(name: string): Promise<readonly [string, ...string[]]> {
  const source = fileURLToPath(new URL(`drivers/${name}.ts`, import.meta.url))
  const build = await rolldown({ input: source, platform: 'node', logLevel: 'warn' })
  const { output } = await build.generate({ format: 'cjs', codeSplitting: false })
  await build.close()
  const { code } = output[0]
  const script = `${FOLDER}${name}.cjs`
  mkdirSync(FOLDER, { recursive: true })
  writeFileSync(`${script}.${process.pid}`, code)
  renameSync(`${script}.${process.pid}`, script)
  if (!isExecutable) return [process.execPath, script]
  const program = `${FOLDER}${name}-${createHash('sha256').update(code).digest('hex').slice(0, 16)}`
  if (!existsSync(program)) {
    const { compileBundle } = (await import(COMPILER)) as { compileBundle: (bundle: string, outfile: string) => void }
    compileBundle(script, `${program}.${process.pid}`)
    renameSync(`${program}.${process.pid}`, program)
  }
  return [program]
}
