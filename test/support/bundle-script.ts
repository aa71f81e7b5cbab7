/** Bundles TypeScript programs that tests run as child processes. */
import { mkdirSync, renameSync, writeFileSync } from 'node:fs'
import { basename } from 'node:path'
import { fileURLToPath } from 'node:url'
import { rolldown } from 'rolldown'

/**
 * Bundles a TypeScript file to one CommonJS file in build/test-scripts and returns its path. Replaces it by a rename,
 * since another test file may be running or building it.
 */
export async function bundleScript(source: URL): Promise<string> {
  const folder = fileURLToPath(new URL('../../build/test-scripts/', import.meta.url))
  const target = `${folder}${basename(source.pathname, '.ts')}.cjs`
  const build = await rolldown({ input: fileURLToPath(source), platform: 'node', logLevel: 'warn' })
  const { output } = await build.generate({ format: 'cjs', codeSplitting: false })
  await build.close()
  mkdirSync(folder, { recursive: true })
  writeFileSync(`${target}.${process.pid}`, output[0].code)
  renameSync(`${target}.${process.pid}`, target)
  return target
}
