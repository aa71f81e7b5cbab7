import { mkdirSync, renameSync, writeFileSync } from 'node:fs'
import { basename } from 'node:path'
import { fileURLToPath } from 'node:url'
import { rolldown } from 'rolldown'

/**
 * Makes one CommonJS file of a TypeScript program of the tests, in build/, so that a child process can run it. Gives its
 * path. It is put in place by a rename, since another test file may be running or building the same one.
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
