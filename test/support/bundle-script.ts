import { mkdtempSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { build } from 'rolldown'

/** Makes one CommonJS file of a TypeScript program of the tests, so that a child process can run it. Gives its path. */
export async function bundleScript(source: URL): Promise<string> {
  const file = join(mkdtempSync(join(tmpdir(), 'awsmfa-test-script-')), 'script.cjs')
  await build({ input: source.pathname, platform: 'node', logLevel: 'warn', output: { file, format: 'cjs', codeSplitting: false } })
  return file
}
